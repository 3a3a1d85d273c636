import Foundation
import Testing
import Transport

@Suite struct MailboxTests {
    @Test func deadlinePasses() {
        let mailbox = Mailbox<Int>()
        let start = ContinuousClock.now
        #expect(mailbox.next(until: start + .milliseconds(50)) == nil)
        #expect(start.duration(to: .now) >= .milliseconds(50))
        #expect(mailbox.next(until: start) == nil, "a deadline in the past does not wait")
        mailbox.put(1)
        #expect(mailbox.next(until: start) == 1, "what is there is had at once")
        #expect(mailbox.next() == nil)
    }

    @Test func putWakesTheWaiter() {
        let mailbox = Mailbox<Int>()
        Thread.detachNewThread { mailbox.put(7) }
        #expect(mailbox.next(until: .now + patience) == 7)
    }

    @Test func closeWakesTheWaiter() {
        let mailbox = Mailbox<Int>()
        mailbox.put(1)
        Thread.detachNewThread { mailbox.close() }
        #expect(mailbox.next(until: .now + patience) == 1)
        let start = ContinuousClock.now
        #expect(mailbox.next(until: start + patience) == nil)
        #expect(start.duration(to: .now) < patience)
        mailbox.put(2)
        #expect(mailbox.count == 0 && mailbox.isClosed)
    }

    @Test func keepsOrderFromManyThreads() {
        let mailbox = Mailbox<(Int, Int)>()
        let threads = 4
        let each = 5000
        for thread in 0..<threads {
            Thread.detachNewThread { for index in 0..<each { mailbox.put((thread, index)) } }
        }
        var expected = [Int](repeating: 0, count: threads)
        let deadline = ContinuousClock.now + patience
        for _ in 0..<(threads * each) {
            guard let (thread, index) = mailbox.next(until: deadline) else { break }
            #expect(index == expected[thread])
            expected[thread] = index + 1
        }
        #expect(expected.allSatisfy { $0 == each })
    }
}
