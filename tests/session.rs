//! The real engine, driven as a front end drives it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use alexnet_tui::config::Config;
use alexnet_tui::session::{self, Command, Event, Handle, Phase, Setup, Update};

fn config(folder: &std::path::Path) -> Config {
    let text = include_str!("smoke.toml");
    let mut config: Config = toml::from_str(text).unwrap();
    config.paths.data = folder.join("data");
    config.paths.runs = folder.join("runs");
    config.paths.state = folder.join("state");
    config
}

#[test]
fn smoke() {
    let folder = tempfile::tempdir().unwrap();
    let mut handle = session::open(Setup { config: config(folder.path()), run_dir: None }).unwrap();
    handle.send(Command::Start);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        loop {
            match handle.next_or_live().await {
                Update::Event(Event::Evaluated(e)) => eprintln!("evaluated {} {} {}", e.split, e.loss, e.accuracy()),
                Update::Event(event) => {
                    eprintln!("{event:?}");
                    match event {
                        Event::Phase(Phase::Finished) | Event::Failed { .. } => {
                            handle.send(Command::Leave);
                        }
                        Event::Ended => break,
                        _ => {}
                    }
                }
                Update::Live => {
                    for s in handle.take_live().steps {
                        if s.step % 20 == 1 {
                            eprintln!(
                                "{} {:.3} {:.3} {:.1}/s {:?}",
                                s.step, s.loss, s.accuracy, s.images_per_second, s.gradient_norm
                            )
                        }
                    }
                }
                Update::Gone => break,
            }
        }
    });
    for e in std::fs::read_dir(folder.path().join("runs"))
        .unwrap()
        .flat_map(|r| std::fs::read_dir(r.unwrap().path().join("checkpoints")).unwrap())
    {
        eprintln!("{:?} {}", e.as_ref().unwrap().path(), e.as_ref().unwrap().metadata().unwrap().len());
    }
}
