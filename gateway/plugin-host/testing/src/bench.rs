//! What an evaluation costs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_plugin_host::Plugin;
use portcullis_policy::{Answers, Hook};

/// What evaluations cost.
#[derive(Debug, Clone)]
pub struct Bench {
    /// In a fresh sandbox.
    pub cold: Percentiles,
    /// Remembered; none when the decision cannot be.
    pub warm: Option<Percentiles>,
    /// The instructions of one evaluation, as the engine counts them.
    pub instructions: Option<u64>,
    /// The greatest memory of one evaluation, in bytes.
    pub memory: usize,
}

/// Half of the evaluations took no longer than `p50`, 99 in a hundred no longer than `p99`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percentiles {
    /// The median.
    pub p50: Duration,
    /// The ninety-ninth in a hundred.
    pub p99: Duration,
}

/// Measures a plugin. `counting` is the same plugin on a host that counts instructions, which would slow the clock.
#[must_use]
pub fn bench(
    plugin: &Plugin,
    counting: &Plugin,
    hook: Hook,
    answers: &Arc<dyn Answers>,
    rounds: usize,
) -> Option<Bench> {
    let (_, usage) = counting.measure(hook, answers)?;
    let cold = percentiles(rounds, || plugin.suppose(hook, answers).is_some());
    let remembered = || plugin.remember(hook, answers).is_some_and(|evaluation| evaluation.remembered);
    remembered();
    let warm = remembered().then(|| percentiles(rounds, remembered));
    Some(Bench { cold, warm, instructions: usage.instructions, memory: usage.memory })
}

fn percentiles(rounds: usize, evaluate: impl Fn() -> bool) -> Percentiles {
    let mut times: Vec<Duration> = (0..rounds.max(1))
        .map(|_| {
            let began = Instant::now();
            std::hint::black_box(evaluate());
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    let at = |hundredths: usize| {
        times.get((times.len() * hundredths / 100).min(times.len() - 1)).copied().unwrap_or_default()
    };
    Percentiles { p50: at(50), p99: at(99) }
}
