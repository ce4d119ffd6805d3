//! Metric points joined into series: one per resource, name, unit, shape and attribute set, across lines and files.

use std::collections::HashMap;

use rca_engine::evidence::{Attributes, Distribution, Number, Points, ResourceId, Series, Symbol};

use super::part::Part;
use super::{AttributesKey, Store, attributes_key};
use crate::line::metrics::{MetricLine, PointLine, Shape};
use crate::line::{Json, narrow, value};

/// Where the series of a key are; histograms whose bounds changed are several.
pub(super) type SeriesIndex = HashMap<SeriesKey, Vec<usize>>;

#[derive(PartialEq, Eq, Hash)]
pub(super) struct SeriesKey {
    resource: ResourceId,
    name: Symbol,
    unit: Symbol,
    form: Form,
    attributes: AttributesKey,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Form {
    Gauge,
    Sum { monotonic: bool, cumulative: bool },
    Histogram { cumulative: bool },
}

/// The flag of a point that says there is no value.
const NO_RECORDED_VALUE: u64 = 1;

impl Store {
    /// A summary becomes a histogram of which only count and sum are known, and a gauge for each quantile with the
    /// attribute `quantile`. An exponential histogram keeps its count and sum, too: its buckets change their bounds from
    /// point to point.
    pub(super) fn metric(&mut self, part: usize, group: &value::Resource<'_>, metric: &MetricLine<'_>) {
        let Some((shape, data)) = &metric.data else { return };
        let mut place = None;
        for Json(point) in &data.points.0 {
            if point.flags & NO_RECORDED_VALUE != 0 || !self.parts[part].takes_point(group, point) {
                continue;
            }
            let place = *place.get_or_insert_with(|| Place {
                part,
                resource: self.resource(group),
                name: self.intern(&metric.name.0),
                unit: self.intern(&metric.unit.0),
            });
            let attributes = self.attributes(&point.attributes);
            match shape {
                Shape::Gauge => self.number(&place, Form::Gauge, attributes, point),
                Shape::Sum => {
                    let form = Form::Sum { monotonic: data.monotonic, cumulative: !data.delta };
                    self.number(&place, form, attributes, point);
                }
                Shape::Histogram => {
                    self.distribution(&place, Form::Histogram { cumulative: !data.delta }, attributes, point);
                }
                Shape::Summary => {
                    self.quantiles(&place, &attributes, point);
                    self.distribution(&place, Form::Histogram { cumulative: true }, attributes, point);
                }
            }
        }
    }

    fn number(&mut self, place: &Place, form: Form, attributes: Attributes, point: &PointLine<'_>) {
        let Some(value) = point.value else { return };
        let number = Number { start_ns: point.start_ns, at_ns: point.at_ns, value };
        match self.series(place, form, attributes, &[]) {
            Points::Gauge(points) => points.push(Number { start_ns: 0, ..number }),
            Points::Sum { points, .. } => points.push(number),
            Points::Histogram { .. } => unreachable!("the key holds the form"),
        }
    }

    fn distribution(&mut self, place: &Place, form: Form, attributes: Attributes, point: &PointLine<'_>) {
        let bounds: Vec<f64> = point.bounds.0.iter().map(|bound| bound.0).collect();
        // Buckets that do not fit their bounds cannot be told apart, so only count and sum are kept.
        let fits = point.buckets.0.len() == bounds.len() + 1;
        let (bounds, buckets) = if fits { (bounds, &*point.buckets.0) } else { (Vec::new(), &[][..]) };
        let exemplars = point.exemplars.0.iter();
        let distribution = Distribution {
            start_ns: point.start_ns,
            at_ns: point.at_ns,
            count: point.count,
            sum: point.sum,
            buckets: buckets.iter().map(|count| count.0).collect(),
            exemplars: exemplars.map(|one| (one.0.value, one.0.trace_id.0, narrow(one.0.span_id))).collect(),
        };
        match self.series(place, form, attributes, &bounds) {
            Points::Histogram { points, .. } => points.push(distribution),
            Points::Gauge(_) | Points::Sum { .. } => unreachable!("the key holds the form"),
        }
    }

    fn quantiles(&mut self, place: &Place, attributes: &Attributes, point: &PointLine<'_>) {
        let key = self.intern("quantile");
        for Json(at) in &point.quantiles.0 {
            let mut with_quantile = attributes.to_vec();
            with_quantile.push((key, rca_engine::evidence::Value::Double(at.quantile)));
            let number = Number { start_ns: 0, at_ns: point.at_ns, value: at.value };
            if let Points::Gauge(points) = self.series(place, Form::Gauge, with_quantile.into(), &[]) {
                points.push(number);
            }
        }
    }

    /// The points of a series, which begins empty where it is new.
    fn series(&mut self, place: &Place, form: Form, attributes: Attributes, bounds: &[f64]) -> &mut Points {
        let key = SeriesKey {
            resource: place.resource,
            name: place.name,
            unit: place.unit,
            form,
            attributes: attributes_key(&attributes),
        };
        let Part { series: all, index, .. } = &mut self.parts[place.part];
        let known = index.entry(key).or_default();
        let position = known.iter().copied().find(|position| has_bounds(&all[*position].points, bounds));
        let position = position.unwrap_or_else(|| {
            all.push(Series {
                resource: place.resource,
                name: place.name,
                unit: place.unit,
                attributes,
                points: form.empty(bounds),
            });
            known.push(all.len() - 1);
            all.len() - 1
        });
        &mut all[position].points
    }
}

#[derive(Clone, Copy)]
struct Place {
    part: usize,
    resource: ResourceId,
    name: Symbol,
    unit: Symbol,
}

impl Form {
    fn empty(self, bounds: &[f64]) -> Points {
        match self {
            Self::Gauge => Points::Gauge(Vec::new()),
            Self::Sum { monotonic, cumulative } => Points::Sum { monotonic, cumulative, points: Vec::new() },
            Self::Histogram { cumulative } => {
                Points::Histogram { cumulative, bounds: bounds.into(), points: Vec::new() }
            }
        }
    }
}

fn has_bounds(points: &Points, wanted: &[f64]) -> bool {
    match points {
        Points::Gauge(_) | Points::Sum { .. } => true,
        Points::Histogram { bounds, .. } => {
            bounds.len() == wanted.len() && bounds.iter().zip(wanted).all(|(one, other)| one.total_cmp(other).is_eq())
        }
    }
}

/// Brings the points of every series into order; points of one time keep the order of the file.
pub(super) fn sort(series: &mut [Series]) {
    for series in series {
        match &mut series.points {
            Points::Gauge(points) | Points::Sum { points, .. } => points.sort_by_key(|point| point.at_ns),
            Points::Histogram { points, .. } => points.sort_by_key(|point| point.at_ns),
        }
    }
}
