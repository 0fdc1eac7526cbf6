// Package session keeps accounts logged in that use a password, by
// https://atproto.com/specs/xrpc#authentication.
//
// [Login] logs in, and [Session.Client] makes calls for the account:
//
//	s, err := session.Login(ctx, "alice.example.com", os.Getenv("APP_PASSWORD"), nil)
//	client := s.Client()
//
// A session has a token for calls that is good for an hour or two, and one with
// which both are renewed; the session sees to that by itself. With a [Store],
// such as a [FileStore], it outlives the program: [Open] continues what is
// stored, and logs in if that is of no use. Servers allow some tens of logins a
// day, so that programs that start often need a store. [CreateAccount] makes an
// account, and [Session.Logout] ends the session.
//
// Passwords are the old way. They suit bots and tools on a machine of one's own,
// with an app password ([IsAppPassword]), which can't manage the account, and
// can be taken back. Programs that ask other people to log in should use OAuth.
//
// # Several processes
//
// Processes may share a store. The one that renews the session has a lease
// meanwhile, which it puts into the store by comparing and swapping; the others
// wait and take what it has stored. A lease of a process that dies runs out
// after [Options].RenewTimeout; the clocks of the machines should not be further
// apart than that. Package sessiontest checks stores that others write.
//
// # The end
//
// When the server refuses to renew a session because it has expired, was ended,
// or the account was taken down, it is taken out of the store, [Options].Lost
// is called, and all calls fail with an error that matches [ErrLost]. No other
// failure ends it. Calls that need a renewal which has just failed share its error,
// so that the server is not asked by each of them.
//
// # Security
//
// Tokens and passwords are in no error and in no text that this package makes.
// They are in the store, in clear. The token is sent to the server of the
// account alone. That is the one which the DID document in the answers names,
// if it is of the account: whoever is logged in to has to be trusted anyway.
package session
