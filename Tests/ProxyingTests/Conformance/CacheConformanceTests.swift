import Testing

@testable import Proxying

/// RFC 9111 and its neighbours against the cache as it is served, over sockets, with an origin that says what the test needs: every
/// requirement is a test, named by its section. The table in `docs/cache-conformance.md` is counted from them.
@Suite(Benched()) struct CacheConformanceTests {
    private func meets(_ requirement: CacheRequirement) throws {
        let bench = try #require(Benched.bench)
        let fault = requirement.fault(bench)
        #expect(fault == nil, "\(requirement.testDescription)")
    }

    @Test(arguments: CacheRequirement.storing) func storing_3(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.parts) func parts_3_3(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.reusing) func reusing_4(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.varying) func varying_4_1(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.freshness) func freshness_4_2(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.staleness) func staleness_4_2_4(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.validation) func validation_4_3(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.freshening) func freshening_4_3_4(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.invalidation) func invalidation_4_4(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.control) func cacheControl_5_2(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.requests) func ofRequests_5_2_1(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.conditions) func conditions_9110(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.targeted) func targeted_9213(_ requirement: CacheRequirement) throws { try meets(requirement) }
    @Test(arguments: CacheRequirement.neighbours) func neighbours(_ requirement: CacheRequirement) throws { try meets(requirement) }
}
