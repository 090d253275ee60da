import Matrix
import Testing

@testable import fedjoin

/// What a person who has an invite is told to join by.
@Suite struct AwaitedInvitesTests {
    private static let arguments = [
        "--await-invite", "me", "-N", "127.0.0.1:2", "--listen=127.0.0.1:2", "--cacert", "a b.pem", "-m", "9",
    ]
    private static let kept = ["-u", "@me:127.0.0.1:2", "-N", "127.0.0.1:2", "--cacert", "'a b.pem'"]

    @Test(arguments: [false, true])
    func `the join has the options that it takes, and passes over a certificate of the moment`(isThrowaway: Bool) throws
    {
        let user = try #require(UserID("@me:127.0.0.1:2"))
        let invites = AwaitedInvites(user, arguments: Self.arguments, certificateIsThrowaway: isThrowaway)
        #expect(invites.options == Self.kept + (isThrowaway ? ["--insecure-for", "127.0.0.1:2"] : []))
    }
}
