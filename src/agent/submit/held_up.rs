//! Why a run sends no report although every setting allows it.

use super::attempts::not_before;
use crate::error::{Reason, Result};
use crate::receiver::Receiver;
use crate::store::State;
use crate::trust;

/// The reason, if there is one: the receiver's last receipt was rejected, or it asked to retry later.
pub(crate) async fn held_up(state: &mut State, receiver: &Receiver) -> Result<Option<Reason>> {
    match trust::refusal(state, receiver).await? {
        Some(refusal) => Ok(Some(refusal)),
        None => not_before(state).await,
    }
}
