// Package plc has the operations, histories and directories of did:plc, the
// DIDs that nearly all accounts of the AT Protocol have. It implements
// https://web.plc.directory/spec/v0.1/did-plc, version 0.3.
//
// # Where to start
//
// To look an account up without trusting the directory, make a [Client] and call
// [Client.ResolveVerified]. To make accounts and change them, call
// [Client.Create], [Client.Update] and [Client.Tombstone], with what an
// [Account] states and a [crypto.Signer] for a rotation key; [State.Recover]
// takes an account back. To mirror a directory, pass what [Client.Follow]
// receives to [VerifyExport].
//
// Below that, and without a network: [ParseOperation] and [ParseLog] read,
// [VerifyLog] says of every entry of an audit log whether it stands and why,
// and returns a [State], which [State.Apply] takes further by one operation.
// [Create], [Update] and [Tombstone] sign. Package plctest below this one has a
// complete directory for tests.
//
// # Operations
//
// An [Operation] is kept as the bytes over which it is hashed and signed, with
// fields that the specification does not have, so that nothing of an old history
// is lost or changed. Three types exist; the oldest, [TypeCreate], is read and
// never written. Reading is as wide as what directories have accepted: up to 10
// rotation keys, also twice the same, also none, and [MaxOperationSize] bytes.
// Writing keeps to the narrower of the specification and the directory: 1 to 5
// different rotation keys, 4000 bytes, and the other limits of [Data.Check].
//
// JSON is held to strict rules: UTF-8, no name twice in an object, no data after
// the end, limits on size and depth.
//
// # Verification
//
// A history is valid if the DID is the hash of its first operation, and every
// operation is signed with a rotation key of the one before it, over DRISL, with
// a signature in its only form. A stronger key can undo for 72 hours what a
// weaker one has signed, and all that came after it. The times are the
// directory's: it could lie about them, keep operations to itself, or choose
// between two that were made at once. It can forge nothing.
//
// Some thousands of operations from before 2024 break today's rules, mostly by
// signatures that are not in their only form. By default histories with them do
// not verify; [VerifyOptions] excuses single operations, or such signatures,
// and the verdicts say where it did.
//
// # Zero values and concurrency
//
// Operations, states, clients and caches may be used concurrently. The zero
// [KeyCache] is ready to use; operations and states come from functions of this
// package only. Errors to read are [*EntryError], [*OperationError],
// [*LimitError] and [*StatusError]; those to branch on are listed under
// [ErrNotFound].
//
// # Security and privacy
//
// What an operation states is a claim: a handle has to lead back to the DID, and
// a server to have the account. Keys are neither stored nor generated here.
// Whoever holds a rotation key can take the account, so users should hold the
// strongest one. Handles, servers, keys and times of all operations are public
// forever, those undone included, and accounts that share a key are known to
// belong together.
//
// Nothing follows redirects, and sizes and times of answers are limited. This
// package can still change between versions.
package plc
