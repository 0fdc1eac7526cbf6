package session

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// An Account is what a new account is to be. Apart from the handle, servers
// differ in what they ask for.
type Account struct {
	Handle     syntax.Handle
	Email      string
	Password   string
	InviteCode string

	// Verification are the code and the telephone number of servers that want
	// them.
	VerificationCode, VerificationPhone string

	// RecoveryKey is a did:key that the account's owner keeps, to be a
	// rotation key of its DID.
	RecoveryKey string

	// DID is that of an account which moves here from another server. Auth is
	// then the proof, as a rule a service token of the old server for this
	// method, and PLCOp, if not nil, a signed operation in JSON.
	DID   syntax.DID
	Auth  xrpc.Auth
	PLCOp json.RawMessage
}

// Format keeps the password out of logs.
func (a *Account) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "account %s", a.Handle) }

// CreateAccount makes an account on the server Options.Host, and a session of
// it, which is stored as by [Login].
//
// https://docs.bsky.app/docs/api/com-atproto-server-create-account
func CreateAccount(ctx context.Context, a *Account, o *Options) (*Session, error) {
	opts := o.withDefaults()
	call := ownCall()
	if a.Auth != nil {
		call.NoAuth, call.Auth = false, a.Auth
	}
	out, err := opts.create(ctx, opts.Host, methodAccount, a.input(), call)
	if err != nil {
		return nil, err
	}
	if !a.DID.IsZero() && out.info.DID != a.DID {
		return nil, mismatch(out.info.DID, a.DID)
	}
	return opts.begin(ctx, opts.Host, out)
}

// input returns the fields that are set.
func (a *Account) input() map[string]any {
	in := map[string]any{"handle": a.Handle.String()}
	for name, value := range map[string]string{
		"email": a.Email, "password": a.Password, "inviteCode": a.InviteCode,
		"verificationCode": a.VerificationCode, "verificationPhone": a.VerificationPhone,
		"recoveryKey": a.RecoveryKey, "did": a.DID.String(),
	} {
		if value != "" {
			in[name] = value
		}
	}
	if a.PLCOp != nil {
		in["plcOp"] = a.PLCOp
	}
	return in
}
