//! Compiles the C++ shim beside torch-sys and lets the program find libtorch where it was built against it.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// The version that tch is written for; torch-sys checks it only where a `build-version` file tells it.
const TORCH_VERSION: &str = "2.13.0";

/// What is compiled.
const SHIM: [&str; 7] = [
    "src/torch/shim.cpp",
    "src/torch/layers.cpp",
    "src/torch/maps.cpp",
    "src/torch/optimizer.cpp",
    "src/torch/winograd.cpp",
    "src/torch/direct.cpp",
    "src/torch/dense.cpp",
];
const BESIDE: [&str; 5] =
    ["src/torch/shim.h", "src/torch/maps.h", "src/torch/convolution.h", "src/torch/tasks.h", "src/torch/kernels"];

/// Compiled once for each kind of x86 processor, with its flags: what intrinsics and registers they may use. They give one table
/// each, whose name ends in the processor's.
const KERNELS: [(&str, &str); 2] = [("winograd", "WINOGRAD_NAME"), ("dense", "DENSE_NAME")];
const AVX512: &[&str] = &["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mfma", "-mprefer-vector-width=512"];
const PROCESSORS: [(&str, &[&str], &[&str]); 4] = [
    ("avx2", &["-mavx2", "-mfma"], &[]),
    ("avx512", AVX512, &[]),
    ("wide", AVX512, &["-DKERNELS_WIDE"]),
    ("pairs", AVX512, &["-mavx512bf16", "-DKERNELS_PAIRS"]),
];

/// Compiled for processors that multiply tiles (AMX), and once for those that don't, for tests.
const TILE_KERNELS: [(&str, &str); 2] = [("direct", "DIRECT_NAME"), ("dense", "DENSE_NAME")];
const TILES: [(&str, &[&str]); 2] =
    [("tiles", &["-mavx512bf16", "-mamx-tile", "-mamx-bf16"]), ("software", &["-mavx512bf16", "-DTILES_IN_SOFTWARE"])];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for file in SHIM.iter().chain(&BESIDE) {
        println!("cargo::rerun-if-changed={file}");
    }
    println!("cargo::rerun-if-env-changed=LIBTORCH_INCLUDE");
    println!("cargo::rerun-if-env-changed=LIBTORCH_BYPASS_VERSION_CHECK");
    if let Err(fault) = build() {
        println!("cargo::error={fault}");
    }
}

fn build() -> Result<(), String> {
    // torch-sys has `links = "tch"` and tells where it found the libraries.
    let lib = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from).unwrap_or_default();
    let root = env::var_os("LIBTORCH_INCLUDE").map(PathBuf::from).or_else(|| lib.parent().map(PathBuf::from));
    let include = root.unwrap_or_default().join("include");
    for needed in [lib.join("libtorch_cpu.so"), include.join("ATen/ATen.h")] {
        if !needed.is_file() {
            let needed = needed.display();
            return Err(format!(
                "libtorch is not whole: {needed} is missing; run `make libtorch`, or correct the LIBTORCH that you set"
            ));
        }
    }
    check_version(&include)?;

    let mut shim = compiler();
    shim.flag("-fopenmp") // at::parallel_for is serial in a file compiled without it
        .include(&include)
        .include(include.join("torch/csrc/api/include"))
        .files(SHIM);
    compile(&shim, "alexnet_shim")?;
    if env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("x86_64") {
        for (processor, flags, more) in PROCESSORS {
            for (name, table) in KERNELS {
                let mut kernels = compiler();
                kernels.flags(flags).flags(more).define(table, format!("{name}_{processor}").as_str());
                compile(kernels.file(format!("src/torch/kernels/{name}.cpp")), &format!("{name}_{processor}"))?;
            }
        }
        for (kind, flags) in TILES {
            for (name, table) in TILE_KERNELS {
                let mut kernels = compiler();
                kernels.flags(AVX512).flags(flags).define(table, format!("{name}_{kind}").as_str());
                compile(kernels.file(format!("src/torch/kernels/{name}_tiles.cpp")), &format!("{name}_{kind}"))?;
            }
        }
    }

    // Those of malloc's functions that libtorch does not ask for must be jemalloc's too where a library that is loaded
    // later does (CUDA's): the linker exports only what it sees used.
    for function in ["memalign", "valloc", "pvalloc", "malloc_usable_size"] {
        println!("cargo::rustc-link-arg=-Wl,--export-dynamic-symbol={function}");
    }

    // No LD_LIBRARY_PATH: the paths are written into the program. The first is where `make install` copies libtorch.
    println!("cargo::rustc-link-arg=-Wl,-rpath,$ORIGIN/../lib/alexnet-tui/torch/lib");
    println!("cargo::rustc-link-arg=-Wl,-rpath,{}", lib.display());
    Ok(())
}

fn compiler() -> cc::Build {
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++20")
        .warnings(false)
        .opt_level(3)
        // The same bits from every processor, and square roots in vectors.
        .flag("-ffp-contract=off")
        .flag("-fno-math-errno")
        .flag("-fno-trapping-math");
    build
}

fn compile(build: &cc::Build, name: &str) -> Result<(), String> {
    build.try_compile(name).map_err(|fault| {
        let fault = fault.to_string().replace('\n', " ");
        format!("the C++ of src/torch does not compile (is g++ whole? `sudo apt install build-essential`): {fault}")
    })
}

fn check_version(include: &Path) -> Result<(), String> {
    let header = include.join("torch/headeronly/version.h");
    println!("cargo::rerun-if-changed={}", header.display());
    let Ok(text) = fs::read_to_string(&header) else {
        return Ok(()); // another layout: the compiler will tell
    };
    let number = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("#define TORCH_VERSION_{name} ")))?;
        Some(line.trim().to_owned())
    };
    let (Some(major), Some(minor), Some(patch)) = (number("MAJOR"), number("MINOR"), number("PATCH")) else {
        return Ok(());
    };
    let found = format!("{major}.{minor}.{patch}");
    if found == TORCH_VERSION || env::var_os("LIBTORCH_BYPASS_VERSION_CHECK").is_some() {
        return Ok(());
    }
    Err(format!(
        "libtorch {found} was found ({}), {TORCH_VERSION} is needed; unset LIBTORCH and run `make libtorch`",
        header.display()
    ))
}
