package jwt

import (
	"errors"
	"fmt"

	"github.com/linnet-at/linnet/crypto"
)

// A Reason says why a token was refused.
type Reason uint8

// The reasons. The first three are those of [Parse].
const (
	// TooLarge means longer than [MaxSize].
	TooLarge Reason = 1 + iota
	// Malformed means not a compact token by the rules of this package.
	Malformed
	// UnsupportedAlgorithm means an alg other than ES256 and ES256K, such as
	// none.
	UnsupportedAlgorithm
	// WrongAlgorithm means that alg is not that of the key's curve.
	WrongAlgorithm
	// WrongType means a typ that is not accepted: a token for another purpose.
	WrongType
	// WrongKeyID means a kid that is not accepted.
	WrongKeyID
	// MissingClaim means that a claim is missing that is required, or that the
	// token would never expire.
	MissingClaim
	// WrongIssuer means that iss is another one.
	WrongIssuer
	// WrongSubject means that sub is another one.
	WrongSubject
	// WrongAudience means that the token is for somebody else.
	WrongAudience
	// WrongMethod means that lxm is another endpoint.
	WrongMethod
	// NotYetValid means that iat or nbf is in the future.
	NotYetValid
	// Expired means that exp has passed.
	Expired
	// TooOld means that iat is too long ago, whatever exp says.
	TooOld
	// LifetimeTooLong means that exp is too far from iat.
	LifetimeTooLong
	// BadSignature means that the key did not sign this token. The key may have
	// changed since it was looked up.
	BadSignature
	// Replayed means that the token has been used before.
	Replayed
)

var reasonTexts = [...]string{
	TooLarge:             "token too large",
	Malformed:            "malformed token",
	UnsupportedAlgorithm: "unsupported algorithm",
	WrongAlgorithm:       "wrong algorithm",
	WrongType:            "wrong type",
	WrongKeyID:           "wrong key ID",
	MissingClaim:         "missing claim",
	WrongIssuer:          "wrong issuer",
	WrongSubject:         "wrong subject",
	WrongAudience:        "wrong audience",
	WrongMethod:          "wrong method",
	NotYetValid:          "not yet valid",
	Expired:              "expired",
	TooOld:               "too old",
	LifetimeTooLong:      "lifetime too long",
	BadSignature:         "bad signature",
	Replayed:             "replayed",
}

// String describes the reason in a few words.
func (r Reason) String() string {
	if r == 0 || int(r) >= len(reasonTexts) {
		return fmt.Sprintf("Reason(%d)", uint8(r))
	}
	return reasonTexts[r]
}

// An Error reports a token that was refused. With the reason [BadSignature] it
// matches [crypto.ErrInvalidSignature].
//
// The text returned by the Error method may change between releases. It quotes
// at most a part of a claim or header parameter.
type Error struct {
	Reason Reason
	Claim  string // the claim or header parameter at fault, such as "aud", or ""
	Msg    string // what was wrong
}

// Error describes the reason.
func (e *Error) Error() string {
	return "jwt: " + e.Reason.String() + ": " + e.Msg
}

// Is reports whether target is [crypto.ErrInvalidSignature] and the signature
// is the reason.
func (e *Error) Is(target error) bool {
	return e.Reason == BadSignature && target == crypto.ErrInvalidSignature
}

var errZeroKey = errors.New("jwt: nil or zero key")

func newError(r Reason, claim, format string, args ...any) *Error {
	return &Error{Reason: r, Claim: claim, Msg: fmt.Sprintf(format, args...)}
}

// quote returns at most 96 bytes of s in quotes.
func quote(s string) string {
	const limit = 96
	if len(s) <= limit {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%q…", s[:limit])
}
