//! Compiles the C++ shim beside torch-sys and lets the program find libtorch where it was built against it.
use std::{env, path::PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/torch/shim.cpp");
    println!("cargo:rerun-if-env-changed=LIBTORCH_INCLUDE");
    // torch-sys has `links = "tch"` and tells where it found the libraries.
    let Some(lib) = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) else {
        println!("cargo:warning=torch-sys did not say where libtorch is; run `make libtorch` first");
        std::process::exit(1);
    };
    let root = env::var_os("LIBTORCH_INCLUDE")
        .map(PathBuf::from)
        .or_else(|| lib.parent().map(PathBuf::from))
        .unwrap_or_default();
    let include = root.join("include");
    cc::Build::new()
        .cpp(true)
        .std("c++20")
        .warnings(false)
        .opt_level(3)
        .flag("-fopenmp") // at::parallel_for is serial in a file compiled without it
        .include(&include)
        .include(include.join("torch/csrc/api/include"))
        .file("src/torch/shim.cpp")
        .compile("alexnet_shim");
    // No LD_LIBRARY_PATH: the path is written into the program. `make install` puts $ORIGIN/../lib before it.
    println!("cargo:rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib/alexnet-tui/torch/lib");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", lib.display());
}
