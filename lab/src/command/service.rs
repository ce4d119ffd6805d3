//! `rcalab service`: one role in a process of its own.

use std::collections::BTreeMap;

use scenarios::model::{Load, System};
use services::{Peers, Role};

use crate::cli;
use crate::exit::Exit;
use crate::service::{self, Orders};
use crate::{output, setup};

/// Runs a service to its end.
pub(crate) fn service(arguments: cli::Service) -> Exit {
    let supervised = arguments.supervised;
    let orders =
        if supervised { service::read_orders().map_err(|error| output::complain(&error)) } else { orders(arguments) };
    let Ok(orders) = orders else { return Exit::BadInput };
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::remark(&format!("cannot start the runtime: {error}"));
            return Exit::NotUp;
        }
    };
    match runtime.block_on(service::run(orders, supervised)) {
        Ok(()) => Exit::Met,
        Err(error) => {
            output::complain(&error);
            Exit::NotUp
        }
    }
}

fn orders(arguments: cli::Service) -> Result<Orders, ()> {
    let role = arguments.role.as_deref().and_then(Role::named).ok_or(())?;
    let (system, load, scenario_id) = figures(arguments.scenario.as_deref())?;
    Ok(Orders {
        role,
        instance: arguments.instance,
        listen: arguments.listen,
        control_listen: arguments.control_listen,
        control_token: arguments.control_token,
        peers: peers(role, &arguments.peers)?,
        otlp_endpoint: arguments.otlp_endpoint.map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
        database_url: Some(arguments.database_url),
        seed: arguments.seed,
        run_id: plain("--run-id", arguments.run_id)?,
        scenario_id,
        region: plain("--region", arguments.region)?,
        environment: plain("--environment", arguments.environment)?,
        system,
        load,
        ledger: None,
        will: None,
    })
}

fn figures(scenario: Option<&str>) -> Result<(System, Load, String), ()> {
    let Some(name) = scenario else { return Ok((System::default(), Load::default(), "none".to_owned())) };
    let text = setup::read_scenario(name).map_err(|error| output::point(&miette::Report::new(error)))?;
    let scenario = scenarios::parse(name, &text).map_err(|errors| output::point(&miette::Report::new(errors)))?;
    Ok((scenario.system, scenario.load, scenario.id))
}

fn peers(role: Role, given: &[String]) -> Result<BTreeMap<Role, Peers>, ()> {
    let mut peers = BTreeMap::new();
    for peer in given {
        let known = peer.split_once('=').and_then(|(name, url)| Some((Role::named(name)?, url)));
        let Some((callee, url)) = known else {
            output::remark(&format!(
                "cannot use --peer {peer}: expected NAME=URL, such as catalog=http://127.0.0.1:8081"
            ));
            return Err(());
        };
        // Whoever has several addresses shares alike.
        peers.entry(callee).or_insert_with(Peers::default).add(url.trim_end_matches('/'), 1.0);
    }
    if let Some(missing) = role.callees().iter().find(|callee| !peers.contains_key(callee)) {
        let (role, missing) = (role.as_str(), missing.as_str());
        output::remark(&format!("cannot start {role}: it calls {missing}, so give --peer {missing}=URL"));
        return Err(());
    }
    Ok(peers)
}

fn plain(flag: &str, value: String) -> Result<String, ()> {
    if contract::context::is_plain(&value) {
        return Ok(value);
    }
    output::remark(&format!(
        "cannot use {flag} {value}: letters, digits, dot, underscore and hyphen only, at most 128"
    ));
    Err(())
}
