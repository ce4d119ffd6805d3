//! The one source of randomness without a seed: run ids and tokens of live runs.

use rand::TryRng as _;
use rand::rngs::SysRng;

/// Bytes from the operating system.
///
/// # Errors
/// If the system has no entropy to give.
pub fn bytes<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}
