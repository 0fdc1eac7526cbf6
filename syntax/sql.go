package syntax

import (
	"database/sql/driver"
	"fmt"
)

// sqlValue returns the text of an identifier for a database, NULL for the zero
// value.
func sqlValue(s string) (driver.Value, error) {
	if s == "" {
		return nil, nil
	}
	return s, nil
}

// sqlScan sets *dst to what parse makes of the value of a database column, to
// the zero value for NULL, or leaves it alone.
func sqlScan[T any](dst *T, src any, kind string, parse func(string) (T, error)) error {
	switch src := src.(type) {
	case nil:
		var zero T
		*dst = zero
		return nil
	case string:
		return unmarshalText(dst, src, parse)
	case []byte:
		return unmarshalText(dst, src, parse)
	}
	return fmt.Errorf("syntax: %s from a database column of type %T, not text", kind, src)
}

// Value implements [driver.Valuer]. It is NULL for the zero DID.
func (d DID) Value() (driver.Value, error) { return sqlValue(d.s) }

// Scan implements [database/sql.Scanner] like [ParseDID]; NULL is the zero DID.
func (d *DID) Scan(src any) error { return sqlScan(d, src, kindDID, ParseDID) }

// Value implements [driver.Valuer]. It is NULL for the zero Handle.
func (h Handle) Value() (driver.Value, error) { return sqlValue(h.s) }

// Scan implements [database/sql.Scanner] like [ParseHandle]; NULL is the zero
// Handle.
func (h *Handle) Scan(src any) error { return sqlScan(h, src, kindHandle, ParseHandle) }

// Value implements [driver.Valuer]. It is NULL for the zero AtIdentifier.
func (a AtIdentifier) Value() (driver.Value, error) { return sqlValue(a.s) }

// Scan implements [database/sql.Scanner] like [ParseAtIdentifier]; NULL is the
// zero AtIdentifier.
func (a *AtIdentifier) Scan(src any) error {
	return sqlScan(a, src, kindAtIdentifier, ParseAtIdentifier)
}

// Value implements [driver.Valuer]. It is NULL for the zero NSID.
func (n NSID) Value() (driver.Value, error) { return sqlValue(n.s) }

// Scan implements [database/sql.Scanner] like [ParseNSID]; NULL is the zero
// NSID.
func (n *NSID) Scan(src any) error { return sqlScan(n, src, kindNSID, ParseNSID) }

// Value implements [driver.Valuer]. It is NULL for the zero NSIDPattern.
func (p NSIDPattern) Value() (driver.Value, error) { return sqlValue(p.s) }

// Scan implements [database/sql.Scanner] like [ParseNSIDPattern]; NULL is the
// zero NSIDPattern.
func (p *NSIDPattern) Scan(src any) error { return sqlScan(p, src, kindNSIDPattern, ParseNSIDPattern) }

// Value implements [driver.Valuer]. It is NULL for the zero RecordKey.
func (k RecordKey) Value() (driver.Value, error) { return sqlValue(k.s) }

// Scan implements [database/sql.Scanner] like [ParseRecordKey]; NULL is the
// zero RecordKey.
func (k *RecordKey) Scan(src any) error { return sqlScan(k, src, kindRecordKey, ParseRecordKey) }

// Value implements [driver.Valuer]. It is NULL for the zero RecordKeyType.
func (t RecordKeyType) Value() (driver.Value, error) { return sqlValue(t.s) }

// Scan implements [database/sql.Scanner] like [ParseRecordKeyType]; NULL is the
// zero RecordKeyType.
func (t *RecordKeyType) Scan(src any) error {
	return sqlScan(t, src, kindRecordKeyType, ParseRecordKeyType)
}

// Value implements [driver.Valuer]. It is NULL for the zero RepoPath.
func (p RepoPath) Value() (driver.Value, error) { return sqlValue(p.s) }

// Scan implements [database/sql.Scanner] like [ParseRepoPath]; NULL is the zero
// RepoPath.
func (p *RepoPath) Scan(src any) error { return sqlScan(p, src, kindRepoPath, ParseRepoPath) }

// Value implements [driver.Valuer]. It is NULL for the zero ATURI.
func (u ATURI) Value() (driver.Value, error) { return sqlValue(u.s) }

// Scan implements [database/sql.Scanner] like [ParseATURI]; NULL is the zero
// ATURI.
func (u *ATURI) Scan(src any) error { return sqlScan(u, src, kindATURI, ParseATURI) }

// Value implements [driver.Valuer]. It is NULL for the zero FullATURI.
func (u FullATURI) Value() (driver.Value, error) { return sqlValue(u.s) }

// Scan implements [database/sql.Scanner] like [ParseFullATURI]; NULL is the
// zero FullATURI.
func (u *FullATURI) Scan(src any) error { return sqlScan(u, src, kindFullATURI, ParseFullATURI) }

// Value implements [driver.Valuer]. It is NULL for the zero SpaceRef.
func (r SpaceRef) Value() (driver.Value, error) { return sqlValue(r.s) }

// Scan implements [database/sql.Scanner] like [ParseSpaceRef]; NULL is the zero
// SpaceRef.
func (r *SpaceRef) Scan(src any) error { return sqlScan(r, src, kindSpaceRef, ParseSpaceRef) }

// Value implements [driver.Valuer]. It is NULL for the zero SpaceRecordURI.
func (u SpaceRecordURI) Value() (driver.Value, error) { return sqlValue(u.s) }

// Scan implements [database/sql.Scanner] like [ParseSpaceRecordURI]; NULL is
// the zero SpaceRecordURI.
func (u *SpaceRecordURI) Scan(src any) error {
	return sqlScan(u, src, kindSpaceRecordURI, ParseSpaceRecordURI)
}

// Value implements [driver.Valuer]. It is NULL for the zero TID.
func (t TID) Value() (driver.Value, error) { return sqlValue(t.s) }

// Scan implements [database/sql.Scanner] like [ParseTID]; NULL is the zero TID.
func (t *TID) Scan(src any) error { return sqlScan(t, src, kindTID, ParseTID) }

// Value implements [driver.Valuer]. It is NULL for the zero Datetime.
func (d Datetime) Value() (driver.Value, error) { return sqlValue(d.s) }

// Scan implements [database/sql.Scanner] like [ParseDatetime]; NULL is the zero
// Datetime.
func (d *Datetime) Scan(src any) error { return sqlScan(d, src, kindDatetime, ParseDatetime) }

// Value implements [driver.Valuer]. It is NULL for the zero Language.
func (l Language) Value() (driver.Value, error) { return sqlValue(l.s) }

// Scan implements [database/sql.Scanner] like [ParseLanguage]; NULL is the zero
// Language.
func (l *Language) Scan(src any) error { return sqlScan(l, src, kindLanguage, ParseLanguage) }

// Value implements [driver.Valuer]. It is NULL for the zero URI.
func (u URI) Value() (driver.Value, error) { return sqlValue(u.s) }

// Scan implements [database/sql.Scanner] like [ParseURI]; NULL is the zero URI.
func (u *URI) Scan(src any) error { return sqlScan(u, src, kindURI, ParseURI) }

// Value implements [driver.Valuer]. It is NULL for the zero CIDString.
func (c CIDString) Value() (driver.Value, error) { return sqlValue(c.s) }

// Scan implements [database/sql.Scanner] like [ParseCIDString]; NULL is the
// zero CIDString.
func (c *CIDString) Scan(src any) error { return sqlScan(c, src, kindCIDString, ParseCIDString) }

// Value implements [driver.Valuer]. It is NULL for the zero ServiceRef.
func (r ServiceRef) Value() (driver.Value, error) { return sqlValue(r.s) }

// Scan implements [database/sql.Scanner] like [ParseServiceRef]; NULL is the
// zero ServiceRef.
func (r *ServiceRef) Scan(src any) error { return sqlScan(r, src, kindServiceRef, ParseServiceRef) }
