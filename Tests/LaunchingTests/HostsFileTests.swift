import Diagnostics
import Foundation
import Launching
import TestSupport
import Testing

@Suite struct HostsFileTests {
    @Test func whatALineMaySay() throws {
        let hosts = try HostsFile.parse(
            """
            # machines of the laboratory

            10.0.0.11   threads=16          # the big one
            anna@lab-2.example:2222 name=anna data="/my data/cifar10"   program=/opt/f/bin/filterscope
            \t[fd00::7]:22 directory=/scratch/f
            """, at: "hosts")
        #expect(hosts == [
            Host(name: "10.0.0.11", address: "10.0.0.11", threads: 16, program: "filterscope", directory: ".filterscope"),
            Host(
                name: "anna", user: "anna", address: "lab-2.example", port: 2222, data: "/my data/cifar10",
                program: "/opt/f/bin/filterscope", directory: ".filterscope"),
            Host(name: "fd00--7-22", address: "fd00::7", port: 22, program: "filterscope", directory: "/scratch/f"),
        ])
    }

    @Test(arguments: [
        ("\na thread=2", "hosts, line 2: unknown option \"thread\"; did you mean \"threads\"?"),
        ("a threads=0", "within 1 ... 1024"), ("a threads=two", "not \"two\""), ("a threads=1 threads=2", "threads= stands twice"),
        ("a 8", "\"8\" is no option"), ("a data=", "data= needs a value"), ("a data=\"x", "a quotation mark is not closed"),
        ("a\nb\na", "hosts, line 3: the name \"a\" is taken by line 1"), ("a:0", "\"0\" is not a port"), ("a:70000", "is not a port"),
        ("a:", "is not a port"), ("-oProxyCommand=x", "is no address"), ("-l@a", "is no address"), ("fd00::7", "IPv6 in brackets"),
        ("@a", "is no address"), ("a;b", "is no address"), ("a name=b/c", "cannot be a worker's name"), ("a name=..", "cannot be a worker's name"),
        ("a program=-x", "cannot begin with a dash"), ("a data=\u{1B}[2J", "control character"), ("# nothing", "lists no machine"),
    ])
    func whatCannotBeMeant(_ text: String, _ words: String) throws {
        let problem = try #require(throws: Problem.self) { try HostsFile.parse(text, at: "hosts") }
        #expect(problem.description.contains(words) && problem.description.contains("hosts"), "\(problem)")
    }

    @Test func filesThatAreNone() throws {
        let directory = try TemporaryDirectory()
        let binary = try directory.write(Data([0xFF, 0xFE, 0x00]), to: "binary")
        for path in [directory.path, binary, directory.file("missing")] {
            let problem = try #require(throws: Problem.self) { try HostsFile.read(path) }
            #expect(problem.location == path)
        }
    }
}
