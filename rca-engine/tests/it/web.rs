//! Webs of services as data: who calls whom, how long work takes, what is bounded, and one fault at any place of it.
//!
//! Everything beyond the fault's own place emerges: queues are first come first served, work that was begun is finished
//! although its caller has left, and failed calls are repeated as the caller's policy says.

mod record;
mod sim;

pub(crate) use sim::run;

use crate::toy::MS;

/// A system: the first service is the one that users ask.
#[derive(Clone, Debug)]
pub(crate) struct Web {
    pub(crate) services: Vec<Service>,
    pub(crate) rate_per_s: f64,
    pub(crate) seed: u64,
    /// Whether resources tell their limits.
    pub(crate) tells_limits: bool,
}

/// One service, its own work, and whom it calls in which order.
#[derive(Clone, Debug)]
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) work_ms: f64,
    /// Pieces of own work at one time.
    pub(crate) permits: usize,
    pub(crate) instances: usize,
    pub(crate) calls: Vec<Call>,
}

/// What one visit asks of another service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) to: &'static str,
    /// Share of visits that call at all.
    pub(crate) share: f64,
    pub(crate) times: u32,
    pub(crate) is_parallel: bool,
    /// Calls at one time.
    pub(crate) connections: Option<usize>,
    pub(crate) attempts: u32,
    pub(crate) timeout_ns: u64,
}

/// What is wrong after the onset, at one place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    Nothing,
    /// Own work takes longer, for a while or until the end.
    Slow {
        at: &'static str,
        factor: f64,
        for_ns: Option<u64>,
    },
    /// The same at one instance, or for one class of users.
    SlowInstance {
        at: &'static str,
        factor: f64,
    },
    SlowClass {
        at: &'static str,
        factor: f64,
    },
    /// A tenth runs a build that fails or is slow.
    BadBuild {
        at: &'static str,
        failing: f64,
        factor: f64,
    },
    Fails {
        at: &'static str,
        share: f64,
    },
    Permits {
        at: &'static str,
        limit: usize,
    },
    Connections {
        from: &'static str,
        to: &'static str,
        limit: usize,
    },
    /// More calls in a share of the visits, one after the other.
    Extra {
        from: &'static str,
        to: &'static str,
        times: u32,
        share: f64,
    },
    /// A larger share of the visits calls.
    Reach {
        from: &'static str,
        to: &'static str,
        share: f64,
    },
    Surge {
        factor: f64,
    },
    Delay {
        from: &'static str,
        to: &'static str,
        ms: u64,
    },
    BlackHole {
        from: &'static str,
        to: &'static str,
    },
    /// Work without a request, by so many workers without pause.
    Batch {
        on: &'static str,
        workers: usize,
    },
}

/// A service with room for all of its work.
pub(crate) fn service(name: &'static str, work_ms: f64, calls: &[Call]) -> Service {
    Service { name, work_ms, permits: 32, instances: 1, calls: calls.to_vec() }
}

/// One call a visit, without a limit.
pub(crate) fn to(name: &'static str) -> Call {
    Call { to: name, share: 1.0, times: 1, is_parallel: false, connections: None, attempts: 1, timeout_ns: 60_000 * MS }
}

impl Service {
    pub(crate) fn permits(self, permits: usize) -> Self {
        Self { permits, ..self }
    }

    pub(crate) fn instances(self, instances: usize) -> Self {
        Self { instances, ..self }
    }
}

impl Call {
    pub(crate) fn share(self, share: f64) -> Self {
        Self { share, ..self }
    }

    pub(crate) fn at_once(self, times: u32) -> Self {
        Self { times, is_parallel: true, ..self }
    }

    pub(crate) fn connections(self, connections: usize) -> Self {
        Self { connections: Some(connections), ..self }
    }

    pub(crate) fn attempts(self, attempts: u32, timeout_ms: u64) -> Self {
        Self { attempts, timeout_ns: timeout_ms * MS, ..self }
    }
}

/// A system of these services at thirty requests a second.
pub(crate) fn web(services: Vec<Service>) -> Web {
    Web { services, rate_per_s: 30.0, seed: 1, tells_limits: true }
}

impl Web {
    pub(crate) fn seed(&self, seed: u64) -> Self {
        Self { seed, ..self.clone() }
    }

    pub(crate) fn index(&self, name: &str) -> usize {
        self.services.iter().position(|service| service.name == name).expect("a test names its own services")
    }
}
