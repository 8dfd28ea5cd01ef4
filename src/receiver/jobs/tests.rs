//! Jobs with a clock that the tests set.

use crate::day::Day;
use crate::http::limits::{Peer, Verdict};
use crate::store::{Access, Credentials, Holdings, Submission};
use crate::test_world::World;
use crate::wire::Label;
use axum::body::Body;
use axum::extract::Request;
use callback_collector::dictionary::group;
use jiff::Timestamp;

/// The day on which the tests begin.
const FIRST: Day = Day(20_600);

impl World {
    async fn report_today(&self) {
        let submission = Submission {
            credentials: Credentials { install: [1; 32], secret: None },
            day: self.receiver.today(),
            payload_sha256: [0; 32],
            module_sha256: None,
            totals: vec![(Label::of(group("os").unwrap(), Some("linux".into())), 3)],
        };
        assert_eq!(self.receiver.store.keep(submission).await.unwrap(), Access::Granted(()));
    }

    async fn reports_after(&self, days: i32) -> i64 {
        self.pass(days);
        self.jobs.expire().await.unwrap();
        self.receiver.store.holdings().await.unwrap().reports
    }
}

#[tokio::test]
async fn after_ninety_days_nothing_is_left() {
    let world = World::new(FIRST, None).await;
    world.jobs.expire().await.unwrap();
    world.report_today().await;
    for day in 1..90 {
        assert_eq!(world.reports_after(1).await, 1, "day {day}");
    }
    assert_eq!(world.reports_after(1).await, 0);
    assert_eq!(world.receiver.store.holdings().await.unwrap(), Holdings::default());
}

#[tokio::test]
async fn a_clock_that_is_set_far_forward_does_not_expire_everything_at_once() {
    let world = World::new(FIRST, None).await;
    let doubted = || world.receiver.metrics.text(None).contains("callback_clock_doubted 1\n");
    world.jobs.expire().await.unwrap();
    world.report_today().await;
    assert_eq!(world.reports_after(400).await, 1);
    assert!(doubted());
    assert_eq!(world.jobs.publish().await.unwrap(), 0, "a day has ended only by a trusted clock");
    // The clock is corrected.
    assert_eq!(world.reports_after(-399).await, 1);
    assert!(!doubted());
    assert_eq!(world.reports_after(100).await, 1);
    // The clock was right, and a day has passed.
    world.jobs.clock_guard.end_doubt().await;
    assert_eq!(world.reports_after(0).await, 0);
}

#[tokio::test]
async fn blocked_networks_apply_without_a_restart() {
    let world = World::new(FIRST, None).await;
    let network: ipnet::IpNet = "203.0.113.0/24".parse().unwrap();
    assert!(world.receiver.store.blocked_networks().await.unwrap().is_empty());
    world.jobs.load_blocked_networks().await.unwrap();
    let verdict = || {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(Peer("203.0.113.9".parse().unwrap()));
        world.receiver.limits.admit(&mut request, Timestamp::UNIX_EPOCH, &world.receiver.key)
    };
    assert_eq!(verdict(), Verdict::Granted);
    world.receiver.limits.block(vec![(world.receiver.key.network(network), 24)]);
    assert_eq!(verdict(), Verdict::Blocked);
    world.jobs.load_blocked_networks().await.unwrap();
    assert_eq!(verdict(), Verdict::Granted, "what the database says counts");
}
