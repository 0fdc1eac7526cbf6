// Package difftest compares this module with two other implementations of the
// AT Protocol, on random and mutated input: the reference packages @atproto/*
// and the independent @atcute/*, both from npm, called the peers here.
//
// The tests ask all three the same questions: is this string a DID, a handle, an
// AT-URI and so on; is this DAG-CBOR, and of what value; what is the DAG-CBOR of
// this value, or of this JSON; what is its CID; is this a key, and which; does
// this signature hold. They have to agree on what is valid, and on the
// results, byte for byte. A disagreement is an error of ours or a row of the
// table below; any other fails the test, which prints the input, made
// smaller, and the seed.
//
// Begin with peers/setup, which installs the peers, and then
//
//	go test ./internal/difftest
//
// Environment variables:
//
//	LINNET_DIFFTEST_CASES   cases for each area (2000); a tenth of it for keys,
//	                        a twentieth for signatures, where the peers are slow
//	LINNET_DIFFTEST_SEED    a number, to repeat a run (random)
//	LINNET_DIFFTEST_PEERS   directory that has node_modules (peers)
//	LINNET_REQUIRE_PEERS    1 to fail, not skip, where the peers are missing
//
// [Start] runs peers/peer.mjs, one process that answers for both peers, and
// [Peers.Ask] puts any number of questions to it. Versions are pinned, in
// peers/package.json, and checked by the process. Strings go to the peers only if
// they are UTF-8. The process has no access to anything but its standard
// input; the code of the peers runs with the rights of the tests, and their
// installation runs no scripts.
//
// # Expected disagreements
//
// "Both" are @atproto and @atcute. IDs in parentheses are those of the
// requirements in docs/requirements that decide.
//
// Strings:
//
//   - at-uri-fragment: both accept "#/" and more after an AT-URI. Not in the
//     Lexicon format (SYN-070).
//   - at-uri-record-key: both have no limit of 512 bytes on the record key in an
//     AT-URI (SYN-065).
//   - cid-string-form: both decode the CID; the format is about its look
//     (SYN-079). All agree on the CIDs that the protocol uses.
//   - cid-string-v0: @atproto accepts CIDs of version 0 (SYN-079).
//   - cid-string-base58: @atproto accepts some base58 with a character that is
//     not ASCII (SYN-079).
//   - datetime-day: both accept days that the month does not have, such as
//     April 31 (SYN-082).
//   - datetime-fraction: with more than nine digits in the fraction, the time that
//     @atproto computes may differ. Milliseconds are cut off here (SYN-080).
//   - datetime-year-0: @atcute refuses the year 0000 (SYN-082).
//   - datetime-year-9999: @atcute accepts times that are after the year 9999 in
//     UTC (SYN-082).
//   - language-primary: both accept a language in upper case, or of four to eight
//     letters (SYN-088).
//   - language-length: both have no limit of 128 bytes (SYN-088).
//   - language-private-x: both refuse an upper-case X before a private
//     subtag (SYN-088).
//   - tid-bit-63: @atcute rounds the time of TIDs with bit 63 set, which is
//     beyond 2^53 (SYN-046).
//   - uri-length: @atproto has no limit of 8192 bytes (SYN-087).
//   - uri-scheme-length: both have no limit on the scheme (SYN-087).
//   - uri-scheme-word: both accept schemes that begin with a digit or have an
//     underscore (SYN-087).
//   - uri-scheme-marks: both refuse "+", "." and "-" in a scheme (SYN-087).
//   - uri-control: both accept control characters other than white space
//     (SYN-087).
//   - uri-slash: both refuse a further slash after ":" or "://", as in
//     "file:///a" (SYN-087).
//
// DAG-CBOR:
//
//   - cbor-float: both accept floating-point numbers (CBR-006).
//   - cbor-undefined: @atproto reads undefined as null (CBR-007).
//   - cbor-key-order: @atproto accepts maps that are not sorted (CBR-011).
//   - cbor-int64: @atproto accepts integers of 64 bits without sign, and their
//     negative counterparts (CBR-005).
//   - cbor-utf8: @atproto replaces what is not UTF-8 (CBR-013).
//   - cbor-link: @atproto accepts links to CIDs of any form (CID-005).
//   - cbor-byte-order-mark: @atproto drops U+FEFF at the start of a
//     text (CBR-013).
//   - cbor-proto: @atproto loses the map key "__proto__" (DAT-022).
//   - cbor-unsafe-integer: @atcute refuses integers beyond 2^53-1 (CBR-005).
//   - cbor-json-key: @atcute encodes maps with the key "$link" or "$bytes" as links
//     and byte strings, or refuses them (DAT-023).
//   - cbor-constructor: @atcute refuses to encode maps with the key
//     "constructor" (CBR-001).
//
// JSON:
//
//   - json-unsafe-integer: both refuse integers beyond 2^53-1 (DAT-011).
//   - json-utf8: @atproto replaces what is not UTF-8 (DAT-015).
//   - json-surrogate: both replace halves of surrogate pairs (DAT-015).
//   - json-empty-key: both accept empty names (DAT-018).
//   - json-duplicate: both take the last of several values of a name (DAT-014).
//   - json-number: both round numbers to 64-bit floating point before they
//     look, and @atcute encodes fractions (DAT-010, DAT-011).
//   - json-proto: @atproto refuses the name "__proto__" (DAT-022).
//   - json-type: @atcute does not check $type (DAT-007).
//   - json-blob: @atcute does not check blobs (DAT-024).
//   - json-blob-mime: @atproto demands a slash in the MIME type of a
//     blob (BLB-003).
//   - json-special-keys: @atcute reads objects with "$link" or "$bytes" and
//     other names as maps (DAT-003, DAT-004).
//   - json-link: @atproto accepts links to CIDs of any form (DAT-003).
//   - json-base64-url: @atproto accepts "-" and "_" in byte strings (DAT-006).
//   - json-base64-foreign: @atproto accepts some byte strings with a character
//     that is not ASCII (DAT-004).
//   - json-base64-padding: @atproto accepts one "=" where two are due, @atcute
//     does not. Padding may be left out, but what is there must be whole (RFC
//     4648, section 4): text that ends in half of it is more likely cut off
//     than meant so (DAT-004).
//   - json-base64-bits: @atcute refuses bits after the last byte (DAT-004).
//
// CIDs, keys and signatures:
//
//   - cid-padding: @atproto accepts padding (CID-003).
//   - key-base58: @atproto accepts some base58 with a character that is not
//     ASCII (CRY-013).
//   - key-length: @atcute ignores bytes after the point of a K-256
//     key (CRY-015).
//   - private-key-length: @atcute ignores bytes after the 32 of a private
//     key (CRY-022).
//   - private-key-range: @atcute accepts K-256 private keys from n on (CRY-022).
//   - signature-der: @atproto accepts signatures in DER where it accepts a
//     high S (CRY-010).
package difftest
