import Foundation
import Glibc
import Model
import TestDisk
import Testing

@testable import Caching

@Suite struct SharedCacheTests {
    let place: CachePlace

    init() throws { place = try CachePlace() }

    @Test func whatIsStoredIsFoundWithItsFields() throws {
        try place.store("/a?b=1", "hello", response("Cache-Control: max-age=60", "ETag: \"x\"", "Content-Type: text/plain"))
        let found = try #require(place.find("/a?b=1"))
        #expect(text(found) == "hello")
        #expect(found.stored.response.fields.single("etag") == Array("\"x\"".utf8))
        #expect(found.stored.response.lifetime.duration == seconds(60))
        #expect(place.find("/a") == nil)
        #expect(place.find("/a?b=1&c") == nil)
    }

    @Test(arguments: [0, 1, 999, 1000, 256 << 10, (256 << 10) + 1, 3_000_000])
    func bodiesOfAllSizesComeBackWholeAlsoToAnotherProcess(_ count: Int) throws {
        let body = String(String(repeating: "0123456789", count: count / 10 + 1).prefix(count))
        try place.store("/a", body)
        #expect(place.body("/a") == body)
        try place.reopen()
        #expect(place.body("/a") == body)
        try place.reopen(boot: 2)
        #expect(place.body("/a") == body)
    }

    @Test func nothingIsFoundBeforeAllHasCome() throws {
        let writing = try #require(
            try place.cache.write(key("/a"), response("Cache-Control: max-age=60"), request: fields(), tags: [], now: now))
        try Array("hel".utf8).withUnsafeBytes { try writing.append($0) }
        #expect(place.find("/a") == nil)
        #expect(place.unfinished.count == 1)
        writing.abandon()
        #expect(place.unfinished.isEmpty)
        #expect(place.find("/a") == nil)
    }

    @Test func whatIsUnderWayTakesNoMoreThanTheCacheMayHave() throws {
        let cache = try SharedCache(path: place.path + "/small", size: 1000, memory: 1 << 20, boot: 1)
        func begin(_ target: String) throws -> CacheWriting {
            try #require(try cache.write(key(target), response("Cache-Control: max-age=60"), request: fields(), tags: [], now: now))
        }
        func append(_ count: Int, to writing: CacheWriting) throws {
            try [UInt8](repeating: 0, count: count).withUnsafeBytes { try writing.append($0) }
        }
        let (one, other) = (try begin("/a"), try begin("/b"))
        try append(600, to: one)
        try append(400, to: other)
        #expect(throws: CacheFault.self) { try append(1, to: other) }
        // It is gone, and makes room.
        #expect(throws: CacheFault.self) { try append(1, to: other) }
        try append(400, to: one)
        #expect(throws: CacheFault.self) { try append(1, to: try begin("/c")) }
        _ = try cache.finish(one)
        let next = try begin("/d")
        try append(1000, to: next)
        next.abandon()
        try append(1000, to: try begin("/e"))
    }

    @Test func theNewerOneReplacesTheOlder() throws {
        try place.store("/a", "one")
        try place.store("/a", "two")
        #expect(place.body("/a") == "two")
        #expect(place.files.count == 1)
    }

    // MARK: Variants (RFC 9111 §4.1)

    @Test func eachVariantIsFoundByWhoAsksForIt() throws {
        let vary = response("Cache-Control: max-age=60", "Vary: Accept-Language")
        for (language, body) in [("de", "Hallo"), ("en", "Hello"), ("fr", "Salut")] {
            try place.store("/a", body, vary, request: fields("Accept-Language: \(language)"))
        }
        try place.store("/a", "?", vary)
        for _ in 0..<2 {
            #expect(place.body("/a", fields("Accept-Language: de")) == "Hallo")
            #expect(place.body("/a", fields("Accept-Language: en")) == "Hello")
            #expect(place.body("/a", fields("Accept-Language: fr")) == "Salut")
            #expect(place.body("/a") == "?")
            #expect(place.body("/a", fields("Accept-Language: it")) == nil)
            try place.reopen()
        }
        #expect(place.cache.hasVariants(key("/a")))
    }

    @Test func whatVariesByEverythingIsNotStored() throws {
        #expect(try place.store("/a", "x", response("Cache-Control: max-age=60", "Vary: *")) == nil)
    }

    @Test func anotherVaryReplacesWhatWasThere() throws {
        try place.store("/a", "one", response("Cache-Control: max-age=60", "Vary: Accept-Language"), request: fields("Accept-Language: de"))
        try place.store("/a", "two", response("Cache-Control: max-age=60", "Vary: User-Agent"), request: fields("User-Agent: x"))
        #expect(place.body("/a", fields("User-Agent: x")) == "two")
        #expect(place.body("/a", fields("Accept-Language: de")) == nil)
    }

    // MARK: Renewal

    @Test func aRenewalReplacesFieldsAndLasts() throws {
        let big = String(repeating: "x", count: 300_000)
        let object = try #require(try place.store("/a", big, response("Cache-Control: max-age=1", "ETag: \"x\"", "X-A: 1")))
        var renewed = object
        for round in 2...200 {
            let later = now + seconds(Int64(round))
            renewed = place.cache.renew(
                renewed,
                by: OriginResponse(
                    status: 304, fields: fields("Cache-Control: max-age=100", "X-A: \(round)"), requestedAt: later, receivedAt: later))
        }
        for _ in 0..<2 {
            let found = try #require(place.find("/a"))
            #expect(found.stored.response.status == 200)
            #expect(found.stored.response.lifetime.duration == seconds(100))
            #expect(found.stored.response.fields.single("x-a") == Array("200".utf8))
            #expect(found.stored.response.fields.single("etag") == Array("\"x\"".utf8))
            #expect(text(found) == big)
            try place.reopen()
        }
        let size = try #require(try FileManager.default.attributesOfItem(atPath: place.files[0])[.size] as? Int)
        #expect(size < 300_000 + CacheFolder.renewalBytes + 4096)
    }

    /// The servers behind are deployed one after the other: one says that the old content is still right, another has sent the new one.
    @Test(arguments: [false, true]) func aRenewalNeverPutsItsHeadOnAnothersBody(_ isOfAnotherGeneration: Bool) throws {
        func answer(_ tag: String, _ coding: String) -> OriginResponse {
            response("Cache-Control: max-age=60", "ETag: \"\(tag)\"", "Content-Encoding: \(coding)")
        }
        let old = try #require(try place.store("/a", "old", answer("old", "gzip")))
        if isOfAnotherGeneration {
            let other = try SharedCache(path: place.path, size: 1 << 20, memory: 1 << 20, boot: 1)
            let writing = try #require(try other.write(key("/a"), answer("new", "br"), request: fields(), tags: [], now: now))
            try Array("new".utf8).withUnsafeBytes { try writing.append($0) }
            _ = try other.finish(writing)
        } else {
            try place.store("/a", "new", answer("new", "br"))
        }
        let later = now + seconds(2)
        let renewed = place.cache.renew(old, by: OriginResponse(status: 304, fields: fields(), requestedAt: later, receivedAt: later))
        // Who has asked gets what was confirmed.
        #expect(text(renewed) == "old")
        #expect(renewed.stored.response.fields.single("etag") == Array("\"old\"".utf8))
        if !isOfAnotherGeneration { #expect(place.body("/a") == "new") }
        try place.reopen()
        let found = try #require(place.find("/a"))
        #expect(text(found) == "new")
        #expect(found.stored.response.fields.single("etag") == Array("\"new\"".utf8))
        #expect(found.stored.response.fields.single("content-encoding") == Array("br".utf8))
    }

    // MARK: Purges

    @Test func aPurgeMeansWhatWasStoredBeforeIt() throws {
        try place.store("/a", "one", tags: ["news", "front"])
        try place.store("/b", "two", tags: ["news"])
        try place.store("/c", "three", tags: [CacheTags.site(.default)])
        try place.cache.purge(Purge(.tag("Front"), at: now))
        #expect(place.find("/a") == nil && place.body("/b") == "two")
        try place.cache.purge(Purge(.url(key("/b").text), at: now))
        #expect(place.find("/b") == nil)
        try place.cache.purge(Purge(.site(.default), at: now))
        #expect(place.find("/c") == nil)
        try place.store("/a", "new", tags: ["front"], at: now + seconds(1))
        #expect(place.body("/a") == "new")
        try place.cache.purge(Purge(.everything, at: now + seconds(2)))
        #expect(place.find("/a") == nil)
    }

    @Test func aPurgeOfAReleaseTakesItsEntriesAlone() throws {
        let (one, other) = (String(repeating: "1", count: 64), String(repeating: "2", count: 64))
        func key(_ release: String?) -> CacheKey { CacheKey(origin: "https://shop.example", target: "/r", release: release) }
        let vary = response("Cache-Control: max-age=60", "Vary: Accept-Language")
        for release in [one, one + " for other.example", other, nil] {
            for language in ["de", "en"] {
                let asked = fields("Accept-Language: \(language)")
                let writing = try #require(try place.cache.write(key(release), vary, request: asked, tags: [], now: now))
                _ = try place.cache.finish(writing)
            }
        }
        func isThere(_ release: String?) -> Bool { place.cache.find(key(release), request: fields("Accept-Language: de")) != nil }
        try place.cache.purge(Purge(.release(one), at: now))
        #expect(!isThere(one) && !isThere(one + " for other.example") && isThere(other) && isThere(nil))
        // By its URL all of it goes, whatever the release.
        try place.cache.purge(Purge(.url(key(nil).text), at: now))
        #expect(!isThere(other) && !isThere(nil))
    }

    /// What nobody asks for any more would lie there until it is evicted.
    @Test func whatIsPurgedIsRemovedFromTheDisk() throws {
        for name in ["a", "b", "c"] { try place.store("/\(name)", name, tags: name == "a" ? [] : ["news"]) }
        let writing = try #require(
            try place.cache.write(key("/d"), response("Cache-Control: max-age=60"), request: fields(), tags: ["news"], now: now))
        try place.cache.purge(Purge(.tag("news"), at: now))
        #expect(place.files.count == 3)
        place.cache.scan(now: now)
        #expect(place.files.count == 1 && place.cache.counts.objects == 1)
        #expect(place.body("/a") == "a")
        // Asked for before the purge: it comes too late.
        _ = try place.cache.finish(writing)
        #expect(place.files.count == 1 && place.find("/d") == nil)
    }

    @Test func aPurgeReachesAnotherGenerationAndTheNextOne() throws {
        try place.store("/a", "one", tags: ["news"])
        let other = try SharedCache(path: place.path, size: 1 << 20, memory: 1 << 20, boot: 1)
        #expect(other.find(key("/a"), request: fields()) != nil)
        try place.cache.purge(Purge(.tag("news"), at: now))
        #expect(other.find(key("/a"), request: fields()) != nil)
        other.readPurges()
        #expect(other.find(key("/a"), request: fields()) == nil)
    }

    @Test func allVariantsGoWithTheirURL() throws {
        let vary = response("Cache-Control: max-age=60", "Vary: Accept-Language")
        for language in ["de", "en"] { try place.store("/a", language, vary, request: fields("Accept-Language: \(language)")) }
        try place.cache.purge(Purge(.url(key("/a").text), at: now))
        try place.store("/a", "neu", vary, request: fields("Accept-Language: de"), at: now + seconds(1))
        #expect(place.body("/a", fields("Accept-Language: de")) == "neu")
        #expect(place.body("/a", fields("Accept-Language: en")) == nil)
    }

    @Test func aSoftPurgeMarksAndALaterAnswerClearsIt() throws {
        let object = try #require(try place.store("/a", "one", tags: ["news"]))
        try place.cache.purge(Purge(.tag("news"), isSoft: true, at: now))
        #expect(place.find("/a")?.isMarkedStale == true)
        try place.reopen()
        place.cache.scan(now: now + seconds(1))
        try place.reopen()
        #expect(place.find("/a")?.isMarkedStale == true)
        let later = now + seconds(2)
        _ = place.cache.renew(object, by: OriginResponse(status: 304, fields: fields(), requestedAt: later, receivedAt: later))
        #expect(place.find("/a")?.isMarkedStale == false)
        try place.reopen()
        #expect(place.find("/a")?.isMarkedStale == false)
    }

    @Test func aScanFreesWhatWasPurgedMeanwhile() throws {
        for number in 0..<20 { try place.store("/\(number)", "text", tags: [number < 15 ? "old" : "new"]) }
        place.cache.scan(now: now)
        try place.cache.purge(Purge(.tag("old"), at: now + seconds(1)))
        #expect(place.files.count == 20)
        place.cache.scan(now: now + seconds(2))
        #expect(place.files.count == 5 && place.cache.counts.objects == 5)
        #expect(place.find("/0") == nil && place.body("/19") == "text")
    }

    /// While one generation forgets, another purges.
    @Test func noPurgeIsLostToAGenerationThatForgetsOthers() throws {
        let (path, count) = (place.path + "/purges", 2_000)
        let writer = Thread {
            var log = PurgeLog(path)
            for number in 0..<count {
                try? log.append(Purge(.tag("old\(number)"), at: now + seconds(-60)))
                try? log.append(Purge(.tag("new\(number)"), at: now))
            }
            try? log.append(Purge(.everything, at: now))
        }
        writer.start()
        var log = PurgeLog(path)
        while log.table.meaning(url: "/", tags: [], storedAt: now) == .nothing {
            log.forget(before: now, temporary: place.path + "/forgetting")
            log.readNew()
        }
        let last = PurgeLog(path)
        let lost = (0..<count).filter { last.table.meaning(url: "/", tags: ["new\($0)"], storedAt: now) != .gone }
        #expect(lost.isEmpty)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect((0..<count).allSatisfy { text.contains(" new\($0)\n") })
    }

    /// A file that is held open takes its bytes with it, whatever its name was.
    @Test func whatLeavesTheDiskIsHeldOpenNoMore() throws {
        let cache = try SharedCache(path: place.path + "/small", size: 4 << 20, memory: 8 << 20, boot: 1)
        for number in 0..<20 {
            let writing = try #require(
                try cache.write(key("/\(number)"), response("Cache-Control: max-age=60"), request: fields(), tags: [], now: now))
            try [UInt8](repeating: 0x78, count: 1_000_000).withUnsafeBytes { try writing.append($0) }
            _ = try cache.finish(writing)
        }
        #expect(cache.counts.objects < 5 && cache.counts.memoryObjects == cache.counts.objects)
    }

    /// As only root can make one.
    @Test(.enabled(if: SmallDisk.isPossible, "needs root and the right to mount"), arguments: [100_000, 300_000])
    func onADiskThatIsSmallerThanTheCacheMayBeOldThingsMakeRoomForNewOnes(_ count: Int) throws {
        let disk = try SmallDisk(at: place.path + "/disk", megabytes: 4)
        let cache = try SharedCache(path: disk.path + "/cache", size: 1 << 30, memory: 1 << 20, boot: 1)
        let body = [UInt8](repeating: 0x78, count: count)
        var kept = 0
        for number in 0..<200 {
            do {
                let writing = try #require(
                    try cache.write(key("/\(number)"), response("Cache-Control: max-age=60"), request: fields(), tags: [], now: now))
                try body.withUnsafeBytes { try writing.append($0) }
                _ = try cache.finish(writing)
                kept += 1
            } catch is CacheFault {}
        }
        // What finds the disk full is not kept itself: what comes next is.
        #expect(kept > 150)
        #expect(cache.counts.evicted > 100 && cache.counts.bytes < 4 << 20)
        #expect(cache.find(key("/0"), request: fields()) == nil)
        #expect((190..<200).filter { cache.find(key("/\($0)"), request: fields()) != nil }.count > 5)
        withExtendedLifetime(disk) {}
    }

    @Test func aScanForgetsPurgesThatAreDone() throws {
        try place.store("/a", "one", tags: ["news"])
        try place.store("/b", "two")
        try place.cache.purge(Purge(.tag("news"), at: now))
        try place.reopen()
        place.cache.scan(now: now + seconds(5))
        #expect(place.files.count == 1)
        // A generation that drains may not have read it yet.
        #expect(try String(contentsOfFile: place.path + "/purges", encoding: .utf8).contains("news"))
        place.cache.scan(now: now + seconds(15))
        #expect(try String(contentsOfFile: place.path + "/purges", encoding: .utf8) == "")
        try place.reopen()
        #expect(place.find("/a") == nil && place.body("/b") == "two")
        try place.cache.purge(Purge(.everything, at: now + seconds(6)))
        #expect(place.find("/b") == nil)
    }

    @Test func halfALineOfACrashSwallowsNothing() throws {
        try place.store("/a", "one", tags: ["news"])
        try Data("784111777000 hard ta".utf8).write(to: URL(filePath: place.path + "/purges"))
        try place.reopen()
        try place.cache.purge(Purge(.tag("news"), at: now))
        try place.reopen()
        #expect(place.find("/a") == nil)
    }

    // MARK: Room

    @Test func theDiskHoldsWhatItMayAndKeepsWhatIsAskedFor() throws {
        let place = try CachePlace(size: 400 << 10, memory: 64 << 10)
        try place.store("/often", "often")
        for number in 0..<300 {
            #expect(place.body("/often") == "often")
            try place.store("/\(number)", String(repeating: "x", count: 3000))
        }
        #expect(place.body("/often") == "often")
        #expect(place.cache.counts.bytes <= 400 << 10)
        #expect(place.files.count <= 100)
        #expect(place.cache.counts.evicted >= 200)
        try place.reopen()
        place.cache.scan(now: now)
        #expect(place.cache.counts.objects == place.files.count)
    }

    @Test func whatCannotBeWrittenIsNotStoredAndLeavesNothing() throws {
        let writing = try #require(
            try place.cache.write(key("/a"), response("Cache-Control: max-age=60"), request: fields(), tags: [], now: now))
        unlink("\(place.path)/tmp/\(place.unfinished[0])")
        try Array("hello".utf8).withUnsafeBytes { try writing.append($0) }
        #expect(throws: CacheFault.self) { try place.cache.finish(writing) }
        #expect(place.find("/a") == nil && place.unfinished.isEmpty)
    }

    // MARK: Damage

    @Test func whatIsDamagedIsAMissAndGoes() throws {
        try place.store("/a", String(repeating: "body ", count: 100))
        let path = place.files[0]
        let whole = try Data(contentsOf: URL(filePath: path))
        for count in [0, 7, 95, 96, 150, whole.count - 1] {
            try whole.prefix(count).write(to: URL(filePath: path))
            try place.reopen()
            #expect(place.find("/a") == nil, "\(count) bytes")
            #expect(place.files.isEmpty)
        }
        for offset in stride(from: 0, to: whole.count, by: 3) {
            var damaged = whole
            damaged[offset] ^= 0x40
            try damaged.write(to: URL(filePath: path))
            try place.reopen(boot: 2)
            #expect(place.find("/a") == nil, "byte \(offset)")
        }
        try whole.write(to: URL(filePath: path))
        try place.reopen(boot: 2)
        #expect(place.find("/a") != nil)
    }

    @Test func aFileOfAnotherURLIsNotBelieved() throws {
        try place.store("/a", "one")
        let target = "\(place.path)/\(CacheFileName(key("/b")).folder)/\(CacheFileName(key("/b")).text)"
        mkdir((target as NSString).deletingLastPathComponent, 0o700)
        #expect(rename(place.files[0], target) == 0)
        try place.reopen()
        #expect(place.find("/b") == nil)
    }

    @Test func whatADeadProcessWasWritingGoes() throws {
        let path = "\(place.path)/tmp/999999999-1"
        try Data("x".utf8).write(to: URL(filePath: path))
        let ours = try place.cache.write(key("/a"), response("Cache-Control: max-age=60"), request: fields(), tags: [], now: now)
        place.cache.scan(now: now)
        #expect(place.unfinished.count == 1)
        withExtendedLifetime(ours) {}
    }

    @Test func manyThreadsStoreFindAndPurge() async throws {
        let cache = place.cache
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for round in 0..<100 {
                        let target = "/\((round * 7 + worker) % 20)"
                        if let found = cache.find(key(target), request: fields()) {
                            #expect(text(found) == target)
                        } else if let writing = try cache.write(
                            key(target), response("Cache-Control: max-age=60"), request: fields(), tags: [target], now: now)
                        {
                            try Array(target.utf8).withUnsafeBytes { try writing.append($0) }
                            _ = try cache.finish(writing)
                        }
                        if round % 25 == 0 { try cache.purge(Purge(.tag(target), at: now)) }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(place.unfinished.isEmpty)
    }

    /// A clock that is set back makes no purge older than what it means, nor what comes after it older than the purge.
    @Test func aPurgeHoldsThoughTheClockIsSetBack() throws {
        let place = try CachePlace()
        let earlier = now + (.zero - seconds(3600))
        try place.store("/a", "old")
        try place.cache.purge(Purge(.url(key("/a").text), at: earlier))
        #expect(place.body("/a") == nil)
        try place.store("/a", "new", at: place.cache.stamp(earlier))
        #expect(place.body("/a") == "new")
        // Also for who opens the folder later.
        try place.store("/b", "old")
        try place.reopen()
        #expect(place.body("/b") == "old")
        try place.cache.purge(Purge(.everything, at: earlier))
        #expect(place.body("/a") == nil && place.body("/b") == nil)
        try place.store("/b", "new", at: place.cache.stamp(earlier))
        try place.reopen()
        #expect(place.body("/b") == "new")
        try place.store("/c", "new", at: place.cache.stamp(earlier))
        #expect(place.body("/c") == "new")
    }

}
