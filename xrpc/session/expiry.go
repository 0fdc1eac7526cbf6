package session

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"time"
)

// lifetime returns how long a token that was just given is good for, as far as
// it says so, and zero if it does not.
//
// Tokens are opaque to clients: that many are JWTs, whose claims can be read, is
// only used to renew them in time. The difference of the claims iat and exp does
// not depend on whose clock is right.
//
// https://atproto.com/specs/xrpc#authentication
func lifetime(token string) time.Duration {
	_, rest, _ := strings.Cut(token, ".")
	payload, _, ok := strings.Cut(rest, ".")
	if !ok {
		return 0
	}
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return 0
	}
	var claims struct {
		Issued  float64 `json:"iat"`
		Expires float64 `json:"exp"`
	}
	if json.Unmarshal(text, &claims) != nil || claims.Issued <= 0 {
		return 0
	}
	seconds := claims.Expires - claims.Issued
	const most = 10 * 365 * 24 * 3600
	if math.IsNaN(seconds) || seconds <= 0 || seconds > most {
		return 0
	}
	return time.Duration(seconds * float64(time.Second))
}
