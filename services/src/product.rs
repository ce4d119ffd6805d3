//! Products, and the two schemas under which the cache writes them.

use serde::{Deserialize, Serialize};

/// What a search shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub id: u32,
    pub name: String,
    pub price_cents: i64,
}

/// The product of an id; stores are seeded with it.
pub fn product(id: u32) -> Product {
    Product { id, name: format!("product {id}"), price_cents: 499 + i64::from(id) * 37 % 9_500 }
}

/// How an entry is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schema {
    /// Fields by name.
    Named,
    /// Fields by position, under a schema number.
    Positional,
}

/// An entry under a schema that this reader does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("decode the entry: unknown layout")]
pub(crate) struct DecodeError;

impl Schema {
    pub(crate) fn encode(self, product: &Product) -> Vec<u8> {
        let encoded = match self {
            Self::Named => serde_json::to_vec(product),
            Self::Positional => serde_json::to_vec(&(2, product.id, &product.name, product.price_cents)),
        };
        encoded.expect("a product has only string keys")
    }
}

/// Reads an entry; every reader of the lab knows [`Schema::Named`] alone.
pub(crate) fn decode(bytes: &[u8]) -> Result<Product, DecodeError> {
    // What serde says of the bytes would name the schema, and no log line may tell a fault from its wording.
    serde_json::from_slice(bytes).map_err(|_layout| DecodeError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_know_one_schema() {
        assert_eq!(decode(&Schema::Named.encode(&product(7))), Ok(product(7)));
        assert_eq!(decode(&Schema::Positional.encode(&product(7))), Err(DecodeError));
    }
}
