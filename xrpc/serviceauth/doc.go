// Package serviceauth makes the tokens with which services of the AT Protocol
// act for an account at other services, by
// https://atproto.com/specs/xrpc#inter-service-authentication-jwt.
//
// A service that holds the account's signing key makes tokens itself: [New]
// returns the credentials for a client, and [Sign] one token. A program that
// has a session instead asks the account's server for tokens, with
// com.atproto.server.getServiceAuth: [FromServer].
//
// A token is for one service and one method, lasts about a minute, and is for
// one use: its id lets the service refuse a second one. What it allows is up to
// the service, which sees the account in it. The token says nothing about
// whether the account is active.
//
// Values may be used concurrently. Tokens are secrets until they expire; errors
// do not quote them.
package serviceauth
