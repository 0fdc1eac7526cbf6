package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"github.com/linnet-at/linnet/internal/strictjson"
	"github.com/linnet-at/linnet/syntax"
	"github.com/linnet-at/linnet/xrpc"
)

// stateVersion is the version of what stands in a store.
const stateVersion = 1

// A state is a session as it stands in a store. It is not changed once it is in
// use.
type state struct {
	Version  int           `json:"v"`
	Rev      int64         `json:"rev"` // counts renewals
	DID      syntax.DID    `json:"did"`
	Handle   syntax.Handle `json:"handle"`
	Host     string        `json:"host"` // the account's server
	Access   string        `json:"access"`
	Refresh  string        `json:"refresh"`
	Obtained int64         `json:"obtained"` // when the tokens were given, by our clock, in milliseconds since 1970
	Inactive bool          `json:"inactive,omitzero"`
	Status   string        `json:"status,omitzero"`
	Email    string        `json:"email,omitzero"`

	EmailConfirmed  bool `json:"emailConfirmed,omitzero"`
	EmailAuthFactor bool `json:"emailAuthFactor,omitzero"`

	// Lease says who is renewing.
	Lease *lease `json:"lease,omitzero"`

	header  []string  // the Authorization header
	expires time.Time // when the access token does, by our clock; zero if not known
}

// A lease is the right to renew a session, until a time.
type lease struct {
	ID    string `json:"id"`
	Until int64  `json:"until"` // in milliseconds since 1970
}

// newState returns the state that an output makes.
func newState(o *output, host string, rev int64) *state {
	s := &state{
		Version: stateVersion, Rev: rev,
		DID: o.info.DID, Handle: o.info.Handle, Host: host,
		Access: o.access, Refresh: o.refresh, Obtained: time.Now().UnixMilli(),
	}
	s.describe(o.info)
	s.prepare()
	return s
}

// describe takes what a server says of the account.
func (s *state) describe(i Info) {
	s.Handle, s.Email, s.Status, s.Inactive = i.Handle, i.Email, i.Status, !i.Active
	s.EmailConfirmed, s.EmailAuthFactor = i.EmailConfirmed, i.EmailAuthFactor
}

func (s *state) info() Info {
	return Info{
		DID: s.DID, Handle: s.Handle, Host: s.Host,
		Active: !s.Inactive, Status: s.Status,
		Email: s.Email, EmailConfirmed: s.EmailConfirmed, EmailAuthFactor: s.EmailAuthFactor,
	}
}

// prepare sets what is not stored.
func (s *state) prepare() {
	s.header = []string{"Bearer " + s.Access}
	if d := lifetime(s.Access); d > 0 {
		s.expires = time.UnixMilli(s.Obtained).Add(d)
	}
}

// due reports whether the access token should be renewed, with some time before
// it expires: that of the options, or a quarter of its life if that is less.
func (s *state) due(before time.Duration) bool {
	if s.expires.IsZero() || before < 0 {
		return false
	}
	before = min(before, s.expires.Sub(time.UnixMilli(s.Obtained))/4)
	return !time.Now().Before(s.expires.Add(-before))
}

// expired reports whether the access token has expired by our clock.
func (s *state) expired() bool { return !s.expires.IsZero() && !time.Now().Before(s.expires) }

// encode returns the value to store, with a lease or with none.
func (s *state) encode(l *lease) ([]byte, error) {
	c := *s
	c.Lease = l
	return json.Marshal(&c)
}

// An unreadable error says why a stored value is of no use. It quotes nothing of
// it, as it is secret.
type unreadable string

// Error implements error.
func (e unreadable) Error() string { return "session: stored session " + string(e) }

// decodeState reads a stored value, which is of no use if anything is wrong.
func decodeState(value []byte) (*state, error) {
	if strictjson.Check(value, nil) != nil {
		return nil, unreadable("is not valid JSON")
	}
	d := json.NewDecoder(bytes.NewReader(value))
	d.DisallowUnknownFields()
	s := new(state)
	if d.Decode(s) != nil {
		return nil, unreadable("is not one of this version")
	}
	switch {
	case s.Version != stateVersion:
		return nil, unreadable(fmt.Sprintf("is of version %d", s.Version))
	case s.DID.IsZero() || !validToken(s.Access) || !validToken(s.Refresh):
		return nil, unreadable("is not complete")
	}
	if _, err := xrpc.New(s.Host, &xrpc.Options{Development: true}); err != nil {
		return nil, unreadable("has no valid host")
	}
	s.prepare()
	return s, nil
}
