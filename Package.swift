// swift-tools-version: 6.2
import PackageDescription

// Build flags live here so that `swift build -c release` alone is right. FILTERSCOPE_MARCH names another
// instruction set than this machine's own (x86-64-v3 for a mixed cluster, say); see docs/operating.md.
let march = Context.environment["FILTERSCOPE_MARCH"] ?? "native"

// Scripts/fuzz names libFuzzer's library, of the compiler's own runtime, and builds in a place of its own: address sanitizer
// everywhere, coverage in the modules that read what comes from outside, and every check that hot modules do without.
let fuzzer = Context.environment["FILTERSCOPE_FUZZ"]
let fuzzed: Set = ["Diagnostics", "Tensors", "Networks", "Imaging", "Datasets", "Messages", "Transport", "Recipes"]

/// A C library from Debian, through a module map.
func system(_ name: String, packages: String...) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", providers: [.apt(packages)])
}

/// One module of ours: a folder in Sources. `hot` modules trade overflow and bounds checks for speed; they take
/// sizes that their callers have checked.
func module(
    _ name: String, _ dependencies: [Target.Dependency], hot: Bool = false, executable: Bool = false, folder: String = "Sources"
) -> Target {
    let settings: [SwiftSetting] = [
        .unsafeFlags(["-Xcc", "-march=\(march)"] + (hot && fuzzer == nil ? ["-Ounchecked"] : []) + sanitizing(name)),
        .treatAllWarnings(as: .error),
    ]
    return executable
        ? .executableTarget(name: name, dependencies: dependencies, path: "\(folder)/\(name)", swiftSettings: settings)
        : .target(name: name, dependencies: dependencies, path: "\(folder)/\(name)", swiftSettings: settings)
}

/// How a module is compiled for fuzzing.
func sanitizing(_ name: String) -> [String] {
    guard fuzzer != nil else { return [] }
    return ["-sanitize=address"] + (fuzzed.contains(name) ? ["-sanitize=fuzzer"] : [])
}

/// The tests of one module, in the folder of the same name in Tests.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources,
        swiftSettings: [.unsafeFlags(["-Xcc", "-march=\(march)"]), .treatAllWarnings(as: .error)])
}

/// Known only to builds that are made for fuzzing. Its name begins as it does so that measurements can hold it.
let fuzzing: [Target] = fuzzer.map { library in
    [
        .executableTarget(
            name: "fsfuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/fsfuzz",
            swiftSettings: [.unsafeFlags(["-sanitize=address", "-parse-as-library"]), .treatAllWarnings(as: .error)],
            linkerSettings: [.unsafeFlags(["-sanitize=address", library, "-lstdc++"])])
    ]
} ?? []

let package = Package(
    name: "filterscope",
    products: [.executable(name: "filterscope", targets: ["filterscope"])],
    targets: [
        system("CZeroMQ", packages: "libzmq3-dev"),
        system("COpenBLAS", packages: "libopenblas-dev"),
        system("CTurboJPEG", packages: "libjpeg62-turbo-dev", "libturbojpeg0-dev"),
        system("CArchive", packages: "libarchive-dev"),
        system("CSQLite", packages: "libsqlite3-dev"),
        system("CCrypto", packages: "libssl-dev"),
        system("CZlib", packages: "zlib1g-dev"),
        system("CMicroHTTPD", packages: "libmicrohttpd-dev"),
        // Of the C library itself.
        .systemLibrary(name: "CMemory", path: "Sources/CMemory"),
        // Of the compiler itself.
        .systemLibrary(name: "CProcessor", path: "Sources/CProcessor"),

        // From the ground up; each imports only what stands above it.
        module("Diagnostics", []),
        module("Tensors", ["Diagnostics", "CCrypto", "CMemory"]),
        module("Kernels", ["Tensors", "COpenBLAS", "CProcessor"], hot: true),
        module("Networks", ["Diagnostics", "Tensors", "Kernels"]),
        module("Imaging", ["Tensors", "CZlib"], hot: true),
        module("Datasets", ["Diagnostics", "Tensors", "Imaging", "CArchive", "CTurboJPEG", "CZlib"]),
        module("Mechanism", ["Diagnostics", "Tensors", "Kernels"]),
        module("Messages", ["Diagnostics", "Tensors"]),
        module("Coordination", ["Diagnostics", "Tensors", "Kernels", "Mechanism", "Messages"]),
        module("Transport", ["Diagnostics", "Messages", "CZeroMQ"]),
        module("Launching", ["Diagnostics", "Messages", "Transport"]),
        module("RunStore", ["Diagnostics", "Tensors", "CSQLite"]),
        module("Recipes", ["Diagnostics"]),
        module("Reporting", ["Diagnostics", "Tensors", "Imaging", "Mechanism", "Messages", "RunStore"]),
        module("Service", ["Diagnostics", "Messages", "CMicroHTTPD"]),
        module("Runtime", [
            "Diagnostics", "Tensors", "Kernels", "Networks", "Datasets", "Mechanism", "Messages", "Coordination",
            "Transport", "RunStore", "Recipes", "Reporting", "Service",
        ]),
        module("filterscope", [
            "Diagnostics", "Tensors", "Networks", "Datasets", "Mechanism", "Messages", "Transport", "Launching", "RunStore", "Recipes",
            "Reporting", "Service", "Runtime",
        ], executable: true),

        module("TestSupport", ["Diagnostics", "Tensors", "CTurboJPEG"], folder: "Tests"),
        module("FuzzTargets", [
            "Diagnostics", "Tensors", "Networks", "Imaging", "Datasets", "Messages", "Transport", "Recipes", "TestSupport", "CMemory", "CZlib",
        ], folder: "Tests/Fuzz"),
        // A cluster without sockets or clocks, and a command that runs schedules of faults over it.
        module("Simulation", ["Coordination", "Messages", "Tensors", "Diagnostics"], folder: "Tests"),
        module("Simulate", ["Simulation"], executable: true, folder: "Tests"),
        tests("DiagnosticsTests", ["Diagnostics"]),
        tests("TensorsTests", ["Tensors", "Diagnostics", "TestSupport"]),
        tests("KernelsTests", ["Kernels", "Tensors", "TestSupport"], resources: [.copy("Fixtures")]),
        tests("NetworksTests", ["Networks", "Kernels", "Tensors", "Diagnostics", "TestSupport"], resources: [.copy("Fixtures")]),
        tests("ImagingTests", ["Imaging", "Tensors", "TestSupport"]),
        tests(
            "DatasetsTests", ["Datasets", "Imaging", "Tensors", "Diagnostics", "TestSupport", "CArchive"],
            resources: [.copy("Fixtures")]),
        tests("MechanismTests", ["Mechanism", "Kernels", "Tensors", "Diagnostics", "TestSupport"]),
        tests("MessagesTests", ["Messages", "Tensors", "Diagnostics", "TestSupport"]),
        tests("CoordinationTests", ["Simulation", "Coordination", "Mechanism", "Messages", "Tensors", "Diagnostics", "TestSupport"]),
        tests("TransportTests", ["Transport", "Messages", "Tensors", "Diagnostics", "TestSupport"]),
        tests("LaunchingTests", ["Launching", "Diagnostics", "TestSupport"]),
        tests("RunStoreTests", ["RunStore", "Tensors", "Diagnostics", "TestSupport"]),
        tests("RecipesTests", ["Recipes", "Tensors", "Diagnostics", "TestSupport"]),
        tests("ReportingTests", ["Reporting", "Mechanism", "Messages", "RunStore", "Tensors", "Diagnostics", "TestSupport"]),
        tests("ServiceTests", ["Service", "Messages", "Diagnostics", "TestSupport"]),
        tests("CommandLineTests", [
            "Diagnostics", "Tensors", "Networks", "Mechanism", "Messages", "Transport", "RunStore", "Reporting", "TestSupport",
        ]),
        tests("FuzzTests", ["FuzzTargets"]),
        tests("ClusterTests", ["Diagnostics", "Messages", "RunStore", "Tensors", "TestSupport", "Transport"]),
    ] + fuzzing,
    swiftLanguageModes: [.v6]
)
