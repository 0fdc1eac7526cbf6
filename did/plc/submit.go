package plc

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/linnet-at/linnet/crypto"
	"github.com/linnet-at/linnet/syntax"
)

// Submit hands an operation to the directory. It checks nothing of it. The
// error matches [ErrInvalidOperation], [ErrConflict], [ErrRateLimited],
// [ErrNotFound] or [ErrDeactivated] if the directory refuses it.
//
// If there is another error, the directory may have taken the operation and
// the answer may be lost: submitting it again is then refused, and
// [Client.Last] tells.
func (c *Client) Submit(ctx context.Context, id syntax.DID, op *Operation) error {
	if err := checkDID(id); err != nil {
		return err
	}
	body, err := op.MarshalJSON()
	if err != nil {
		return err
	}
	ctx, cancel := c.limit(ctx)
	defer cancel()
	res, err := c.do(ctx, http.MethodPost, "/"+id.String(), "application/json", body)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// Create makes the operation that creates a DID, as [Create] does, and submits
// it.
//
// https://web.plc.directory/spec/v0.1/did-plc#did-creation
func (c *Client) Create(ctx context.Context, data *Data, signers ...crypto.Signer) (syntax.DID, *Operation, error) {
	id, op, err := Create(ctx, data, signers...)
	if err != nil {
		return syntax.DID{}, nil, err
	}
	if err := c.Submit(ctx, id, op); err != nil {
		return syntax.DID{}, nil, err
	}
	return id, op, nil
}

// updateTries is how often Update begins anew when another operation came
// first.
const updateTries = 3

// Update fetches and verifies the history of a DID, has change alter what it
// stands for, and signs and submits that, as [Update] does. It returns the
// operation, or the last one if change altered nothing. If another operation
// comes first it begins anew, so change may be called more than once. The error
// is that of change, if it returns one.
//
// https://web.plc.directory/spec/v0.1/did-plc#did-update
func (c *Client) Update(ctx context.Context, id syntax.DID, change func(*Data) error, signers ...crypto.Signer) (*Operation, error) {
	for try := 1; ; try++ {
		op, err := c.update(ctx, id, change, signers)
		if !errors.Is(err, ErrConflict) || try == updateTries {
			return op, err
		}
	}
}

func (c *Client) update(ctx context.Context, id syntax.DID, change func(*Data) error, signers []crypto.Signer) (*Operation, error) {
	s, err := c.State(ctx, id)
	if err != nil {
		return nil, err
	}
	data := s.Data()
	if data == nil {
		return nil, fmt.Errorf("%w: %s", ErrDeactivated, id)
	}
	if err := change(data); err != nil {
		return nil, err
	}
	if data.Equal(s.Data()) {
		return s.Head(), nil
	}
	op, err := Update(ctx, s.Head(), data, signers...)
	if err != nil {
		return nil, err
	}
	return op, c.Submit(ctx, id, op)
}

// Tombstone fetches and verifies the history of a DID, and signs and submits
// its end, as [Tombstone] does. It returns the operation, which cannot be undone
// after 72 hours, and before only with a stronger key.
//
// https://web.plc.directory/spec/v0.1/did-plc#did-deactivation
func (c *Client) Tombstone(ctx context.Context, id syntax.DID, signers ...crypto.Signer) (*Operation, error) {
	s, err := c.State(ctx, id)
	if err != nil {
		return nil, err
	}
	if s.Deactivated() {
		return nil, fmt.Errorf("%w: %s", ErrDeactivated, id)
	}
	op, err := Tombstone(ctx, s.Head(), signers...)
	if err != nil {
		return nil, err
	}
	return op, c.Submit(ctx, id, op)
}
