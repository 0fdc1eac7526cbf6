package lex

// A Nullable is a property that may be absent, null, or a value. The zero
// Nullable is absent.
//
// https://atproto.com/specs/data-model#nullable-and-false-y
type Nullable[T any] struct {
	value T
	state nullState
}

type nullState uint8

const (
	stateAbsent nullState = iota
	stateNull
	stateValue
)

// Some returns the Nullable that is a value.
func Some[T any](value T) Nullable[T] { return Nullable[T]{value, stateValue} }

// Null returns the Nullable that is null.
func Null[T any]() Nullable[T] { return Nullable[T]{state: stateNull} }

// Get returns the value, and whether there is one.
func (n Nullable[T]) Get() (value T, ok bool) { return n.value, n.state == stateValue }

// Ptr returns a pointer to the value, or nil if there is none.
func (n *Nullable[T]) Ptr() *T {
	if n.state != stateValue {
		return nil
	}
	return &n.value
}

// IsNull reports whether the property is null.
func (n Nullable[T]) IsNull() bool { return n.state == stateNull }

// IsZero reports whether the property is absent.
func (n Nullable[T]) IsZero() bool { return n.state == stateAbsent }
