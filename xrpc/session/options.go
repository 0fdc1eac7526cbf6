package session

import (
	"cmp"
	"context"
	"time"

	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// Defaults of [Options].
const (
	DefaultRenewBefore  = time.Minute
	DefaultRenewTimeout = time.Minute
)

// A Finder finds the account that is meant by a DID or a handle, and the origin
// of the server that has it. A handle must be checked both ways: it leads to a
// DID whose document claims it.
type Finder interface {
	FindAccount(ctx context.Context, id syntax.AtIdentifier) (account syntax.DID, host string, err error)
}

// Options are options for all functions that make a [Session]. They are copied.
type Options struct {
	// Host is the origin of the server to log in to, such as
	// "https://pds.example.com". Empty means that Finder finds it.
	Host string

	// Finder finds the server of an account if Host is empty. Nil means one of
	// [NewFinder] that asks the network.
	Finder Finder

	// Store keeps the session, for [Resume], and for other processes that use
	// it at the same time. Nil means a [MemoryStore] for this session alone.
	Store Store

	// Key is the key in Store. Empty means the account's DID. It is for
	// programs that keep several sessions of one account.
	Key string

	// AuthFactor is asked for the code that the server has sent to the user,
	// if it wants one beside the password. Nil means that the login fails then,
	// with an error that [xrpc.Is] says is [xrpc.AuthFactorTokenRequired].
	AuthFactor func(ctx context.Context) (string, error)
	// AllowTakendown logs in to an account that was taken down, with which
	// little can be done but to appeal and to move away.
	AllowTakendown bool

	// RenewBefore is how long before it expires an access token is renewed,
	// where it says when it expires. Zero means [DefaultRenewBefore], and a
	// negative time only when the server says that it has expired.
	RenewBefore time.Duration
	// RenewTimeout is for one renewal, and for ending the session, with the
	// time to wait for a renewal by another process. Zero means
	// [DefaultRenewTimeout].
	RenewTimeout time.Duration

	// Client are the options for the client of the session. Its Auth is set.
	Client xrpc.Options

	// Renewed is called when the session was renewed, by this process or
	// another one, before the calls that wait for it go on. Nil is not called.
	Renewed func(Info)
	// Lost is called once, when the session can't be used any more without
	// having been logged out here: it has expired, was ended elsewhere, or the
	// account was taken down. A stored session that [Open] does not continue is
	// none of its business. Nil is not called.
	Lost func(error)
	// StoreFailed is called when the session was renewed and could not be
	// stored. It goes on in memory. Nil is not called.
	StoreFailed func(error)
}

// withDefaults returns a copy of o in which all fields with defaults are set.
func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Store == nil {
		c.Store = new(MemoryStore)
	}
	c.RenewBefore = cmp.Or(c.RenewBefore, DefaultRenewBefore)
	if c.RenewTimeout <= 0 {
		c.RenewTimeout = DefaultRenewTimeout
	}
	return c
}

// newClient returns a client of a host that has no credentials but a, if any.
func (o *Options) newClient(host string, a xrpc.Auth) (*xrpc.Client, error) {
	opts := o.Client
	opts.Auth = a
	return xrpc.New(host, &opts)
}
