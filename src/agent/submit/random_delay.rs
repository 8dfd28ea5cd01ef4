//! The delay before a run: a random part of the splay. It differs between installs and days, but is stable for one
//! install on one day, so that a restarted run does not wait again. Runs of the timer are delayed by systemd instead.

use crate::error::{Error, Result};
use crate::store::State;
use callback_collector::digest::sha256_hex;
use jiff::civil::Date;
use std::time::Duration;

/// The note with this install's random seed. The database's location would not do, since it is the same on most
/// installs.
const SEED: &str = "splay";

/// The seed of this install, generated at the first call and kept.
pub(crate) async fn seed(state: &mut State) -> Result<String> {
    if let Some(seed) = known_seed(state).await? {
        return Ok(seed);
    }
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(Error::no_random)?;
    let seed = sha256_hex(&random);
    state.keep_note(SEED, Some(&seed)).await?;
    Ok(seed)
}

/// The seed, if a run has generated it.
pub(crate) async fn known_seed(state: &mut State) -> Result<Option<String>> {
    state.note(SEED).await
}

/// The delay of an install on a day, from zero up to `splay`.
pub(crate) fn wait(splay: Duration, seed: &str, day: Date) -> Duration {
    let digest = sha256_hex(format!("splay\n{seed}\n{day}").as_bytes());
    // 13 hexadecimal digits are 52 bits, which a float represents exactly.
    let number = u64::from_str_radix(&digest[..13], 16).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "52 bits fit")]
    let part = number as f64 / (1_u64 << 52) as f64;
    splay.mul_f64(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delay_is_stable_per_install_and_day_and_spread_over_the_splay() {
        let (splay, day) = (Duration::from_secs(10_800), "2026-11-24".parse::<Date>().unwrap());
        assert_eq!(wait(splay, "a", day), wait(splay, "a", day));
        assert_ne!(wait(splay, "a", day), wait(splay, "a", day.tomorrow().unwrap()));
        assert_eq!(wait(Duration::ZERO, "a", day), Duration::ZERO);
        let mut quarters = [0; 4];
        for install in 0..1000 {
            let wait = wait(splay, &install.to_string(), day);
            assert!(wait < splay);
            quarters[(wait.as_secs() / 2700) as usize] += 1;
        }
        assert!(quarters.iter().all(|count| (200..300).contains(count)), "{quarters:?}");
    }
}
