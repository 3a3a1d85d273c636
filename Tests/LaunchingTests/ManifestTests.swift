import Foundation
import TestSupport
import Testing

/// Cluster/kubernetes, by a strict schema and by what has to meet. No cluster is asked.
@Suite struct ManifestTests {
    private static func check(_ directory: String) throws -> ProcessOutcome {
        try runProcess("/usr/bin/python3", ["-B", ClusterFiles.root + "/Tests/Manifests/check.py", directory])
    }

    @Test func everyObject() throws {
        let outcome = try Self.check(ClusterFiles.root + "/Cluster/kubernetes")
        #expect(outcome.status == 0, "\(outcome.stdoutText) \(outcome.stderr)")
        for kind in ["Deployment", "StatefulSet", "Service", "PodDisruptionBudget", "NetworkPolicy"] { #expect(outcome.stdoutText.contains(kind)) }
    }

    /// The check finds what it is there for.
    @Test(arguments: [
        ("coordinator.yaml", "      terminationGracePeriodSeconds: 180", "      terminationGracePeriod: 180", "terminationGracePeriod"),
        ("coordinator.yaml", "  replicas: 1", "  replicas: 2", "spec/replicas"),
        ("coordinator.yaml", "path: /health, port: http", "path: /healthy, port: http", "'/health' was expected"),
        ("coordinator.yaml", "containerPort: 9464", "containerPort: 9465", "asks no port of the page"),
        ("coordinator.yaml", "{name: runs, mountPath: /runs}", "{name: run, mountPath: /runs}", "do not meet"),
        ("coordinator.yaml", "  serviceName: coordinator", "  serviceName: coordinators", "service is missing"),
        ("worker.yaml", "tcp://coordinator.filterscope.svc:5555", "tcp://coordinator.filterscope.svc:5556", "no port of the service"),
        ("worker.yaml", "$(THREADS)", "$(THREAD)", "$(THREAD) is not set"),
        ("worker.yaml", "drop: [\"ALL\"]", "drop: [\"NET_RAW\"]", "capabilities/drop"),
        ("worker.yaml", "  maxUnavailable: 50%\n  selector", "  maxUnavailable: fifty\n  selector", "spec/maxUnavailable"),
        ("worker.yaml", "  replicas: 4", "  replicas: 4\n  replicas: 5", "stands twice"),
        ("network.yaml", "targetPort: work", "targetPort: works", "leads to no port"),
        ("network.yaml", "app.kubernetes.io/component: worker\n  policyTypes: [\"Egress\"]", "app.kubernetes.io/component: workers\n  policyTypes: [\"Egress\"]", "selects no pods"),
        ("settings.yaml", "  RUN: /runs/fashion-demo", "  RUNS: /runs/fashion-demo", "$(RUN) is not set"),
    ])
    func whatIsWrong(_ file: String, _ right: String, _ wrong: String, _ finding: String) throws {
        let directory = try TemporaryDirectory()
        let copy = directory.file("manifests")
        try FileManager.default.copyItem(atPath: ClusterFiles.root + "/Cluster/kubernetes", toPath: copy)
        let text = try ClusterFiles.text("Cluster/kubernetes/" + file)
        try #require(text.contains(right), "the file has changed: \(right)")
        try text.replacing(right, with: wrong).write(toFile: "\(copy)/\(file)", atomically: true, encoding: .utf8)
        let outcome = try Self.check(copy)
        #expect(outcome.status == 1 && outcome.stdoutText.contains(finding), "\(outcome.stdoutText) \(outcome.stderr)")
    }

    /// The image is built from what Scripts/setup installs.
    @Test func theImageHasWhatTheBuildNeeds() throws {
        let setup = try ClusterFiles.text("Scripts/setup")
        let image = try ClusterFiles.text("Cluster/kubernetes/Dockerfile")
        let line = try #require(setup.firstMatch(of: /build_packages=\(([^)]+)\)/))
        let words = Set(image.split(whereSeparator: \.isWhitespace).map(String.init))
        for package in line.1.split(separator: " ") { #expect(words.contains(String(package)), "\(package)") }
    }
}
