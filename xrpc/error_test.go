package xrpc_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/linnet-at/linnet/internal/ledger"
	"github.com/linnet-at/linnet/xrpc"
)

// noRetry keeps tests of failures short.
var noRetry = &xrpc.Retry{Max: -1}

func TestError(t *testing.T) {
	ledger.Covers(t, "XRPC-032", "XRPC-033", "XRPC-034", "XRPC-036")
	for _, tt := range []struct {
		name       string
		status     int
		body, mime string
		want, msg  string
	}{
		{"as it should be", 400, `{"error":"InvalidSwap","message":"Record was at bafy"}`, "", "InvalidSwap", "Record was at bafy"},
		{"no message", 400, `{"error":"InvalidSwap"}`, "", "InvalidSwap", ""},
		{"more in it", 400, ` {"x":{"error":["No"]},"error":"InvalidSwap","message":"m","y":[{}]}`, "", "InvalidSwap", "m"},
		{"wrong content type", 400, `{"error":"InvalidSwap","message":"m"}`, "text/html", "InvalidSwap", "m"},
		{"no content type", 502, `{"error":"InvalidSwap"}`, "-", "InvalidSwap", ""},
		{"HTML", 502, `<html><h1>Bad Gateway</h1>`, "text/html", "UpstreamFailure", ""},
		{"empty", 500, ``, "", "InternalServerError", ""},
		{"truncated", 400, `{"error":"InvalidSwap","message":"Rec`, "", "InvalidSwap", ""},
		{"truncated before the name", 400, `{"message":"m","error":"Inval`, "", "InvalidRequest", "m"},
		{"not an object", 400, `["error"]`, "", "InvalidRequest", ""},
		{"name of another type", 400, `{"error":{"error":"X"},"message":3}`, "", "InvalidRequest", ""},
		{"name with a space", 400, `{"error":"Bad Request","message":"m"}`, "", "InvalidRequest", "m"},
		{"name with a newline", 400, `{"error":"Bad\nRequest"}`, "", "InvalidRequest", ""},
		{"name not ASCII", 400, `{"error":"Ungültig"}`, "", "InvalidRequest", ""},
		{"name empty", 400, `{"error":""}`, "", "InvalidRequest", ""},
		{"name of 128 bytes", 400, `{"error":"` + strings.Repeat("E", 128) + `"}`, "", strings.Repeat("E", 128), ""},
		{"name of 129 bytes", 400, `{"error":"` + strings.Repeat("E", 129) + `"}`, "", "InvalidRequest", ""},
		{"escapes", 400, `{"\u0065rror":"Nope","err\u006fr":"InvalidSwap","message":"\u00fc"}`, "", "InvalidRequest", "ü"},
		{"names twice", 400, `{"error":"First","error":"Second","message":"a","message":"b"}`, "", "First", "a"},
		{"404 with a name", 404, `{"error":"RecordNotFound","message":"m"}`, "", "RecordNotFound", "m"},
		{"404 without", 404, `404 page not found`, "text/plain", "XRPCNotSupported", ""},
		{"404 JSON without", 404, `{"message":"Not Found"}`, "", "XRPCNotSupported", "Not Found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, &xrpc.Options{Retry: noRetry}, func(w http.ResponseWriter, r *http.Request) {
				answer(tt.status, tt.body, "X-Y: z", "Content-Type: "+strings.Trim(tt.mime, "-"))(w, r)
			})
			_, err := query(t, s.client, xrpc.CallOptions{})
			e, ok := errors.AsType[*xrpc.Error](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, tt.status, e.Status)
			require.Equal(t, tt.want, e.Name)
			require.Equal(t, tt.msg, e.Message)
			require.Equal(t, tt.body, string(e.Body))
			require.Equal(t, "z", e.Header.Get("X-Y"))
			require.Equal(t, method, e.NSID)
			require.Equal(t, 1, e.Attempts)
			require.True(t, xrpc.Is(err, "Other", tt.want))
			require.False(t, xrpc.Is(err, "Other"))
			require.True(t, xrpc.Is(fmt.Errorf("wrapped: %w", err), tt.want))
			text := fmt.Sprintf("xrpc: %s: %d %s", method, tt.status, tt.want)
			if tt.msg != "" {
				text += fmt.Sprintf(": %q", tt.msg)
			}
			require.EqualError(t, err, text)
		})
	}
	require.False(t, xrpc.Is(nil, ""))
	long := &xrpc.Error{NSID: method, Status: 400, Name: "X", Message: strings.Repeat("m\n", 1000)}
	require.Less(t, len(long.Error()), 600)
	require.NotContains(t, long.Error(), "\n")
}

// TestHugeError: an error body without end is neither read nor kept.
func TestHugeError(t *testing.T) {
	ledger.Covers(t, "XRPC-034")
	s := newServer(t, &xrpc.Options{Retry: noRetry}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(1<<30))
		w.WriteHeader(500)
		fmt.Fprint(w, `{"error":"TooMuch","message":"`)
		for {
			if _, err := w.Write([]byte(strings.Repeat("x", 1<<16))); err != nil {
				return
			}
		}
	})
	_, err := query(t, s.client, xrpc.CallOptions{})
	e, ok := errors.AsType[*xrpc.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, "TooMuch", e.Name)
	require.Len(t, e.Body, 4096)
}

func TestNameByStatus(t *testing.T) {
	ledger.Covers(t, "XRPC-035")
	for status, want := range map[int]string{
		400: "InvalidRequest", 401: "AuthenticationRequired", 403: "Forbidden", 404: "XRPCNotSupported", 406: "NotAcceptable",
		413: "PayloadTooLarge", 415: "UnsupportedMediaType", 429: "RateLimitExceeded", 500: "InternalServerError",
		501: "MethodNotImplemented", 502: "UpstreamFailure", 503: "NotEnoughResources", 504: "UpstreamTimeout",
		402: "InvalidRequest", 405: "InvalidRequest", 418: "InvalidRequest", 499: "InvalidRequest", 505: "InternalServerError", 599: "InternalServerError",
	} {
		c := fakeClient(t, xrpc.Options{Retry: noRetry}, func(r *http.Request) (*http.Response, error) { return respond(r, status, ""), nil })
		_, err := query(t, c, xrpc.CallOptions{})
		require.True(t, xrpc.Is(err, want), "%d: %v", status, err)
	}
}

// TestErrorWithSuccess: an error may come with the status 200.
func TestErrorWithSuccess(t *testing.T) {
	for body, want := range map[string]string{
		`{"error":"RecordNotFound","message":"no"}`: "RecordNotFound",
		` { "message":"no", "error":"Other"} `:      "Other",
		`{"error":"RecordNotFound"}`:                "RecordNotFound",
		`{"message":"hello"}`:                       "",
		`{"error":"not a name"}`:                    "",
		`{"error":"RecordNotFound","cursor":"x"}`:   "",
		`{"error":{"a":1}}`:                         "",
		`{"uri":"x","error":"Foo"}`:                 "",
	} {
		s := newServer(t, nil, answer(200, body))
		got, err := query(t, s.client, xrpc.CallOptions{})
		if want == "" {
			require.NoError(t, err)
			require.Equal(t, body, got)
			continue
		}
		e, ok := errors.AsType[*xrpc.Error](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, 200, e.Status)
		require.Equal(t, want, e.Name)
		require.False(t, e.Temporary())
		require.Len(t, s.requests(), 1)
	}
}

// TestNames: the constants are names that schemas declare.
func TestNames(t *testing.T) {
	ledger.Covers(t, "XRPC-041")
	names := []string{
		xrpc.AccountTakedown, xrpc.AuthFactorTokenRequired, xrpc.BadExpiration, xrpc.BlobNotFound, xrpc.BlockNotFound, xrpc.DidDeactivated,
		xrpc.DidNotFound, xrpc.ExpiredToken, xrpc.HandleNotFound, xrpc.HostNotFound, xrpc.InvalidSwap, xrpc.InvalidToken, xrpc.LexiconNotFound,
		xrpc.RecordNotFound, xrpc.RepoDeactivated, xrpc.RepoNotFound, xrpc.RepoSuspended, xrpc.RepoTakendown,
	}
	require.Equal(t, strings.Fields("AccountTakedown AuthFactorTokenRequired BadExpiration BlobNotFound BlockNotFound DidDeactivated DidNotFound ExpiredToken HandleNotFound HostNotFound InvalidSwap InvalidToken LexiconNotFound RecordNotFound RepoDeactivated RepoNotFound RepoSuspended RepoTakendown"), names)
	dir := os.Getenv("LINNET_LEXICONS")
	if dir == "" {
		return // the list stands above
	}
	var all strings.Builder
	require.NoError(t, filepath.WalkDir(filepath.Join(dir, "com"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		all.Write(b)
		return err
	}))
	for _, n := range names {
		require.Contains(t, all.String(), `"name": "`+n+`"`)
	}
}

func TestRetryAfter(t *testing.T) {
	ledger.Covers(t, "XRPC-045")
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		status        int
		header, reset string
		want          time.Duration
	}{
		{429, "5", "", 5 * time.Second},
		{503, "0", "", 0},
		{429, "Sun, 22 Nov 2026 12:00:30 GMT", "", 30 * time.Second},
		{429, "Sunday, 22-Nov-26 12:00:30 GMT", "", 30 * time.Second},
		{429, "Sun, 22 Nov 2026 11:59:00 GMT", "", 0},
		{429, "Sat, 01 Jan 9999 00:00:00 GMT", "", 24 * time.Hour},
		{429, "99999999999999999999999", "", 24 * time.Hour},
		{429, "-5", "", 0},
		{429, "1.5", "", 0},
		{429, "soon", "", 0},
		{429, "", "1795348812", 12 * time.Second},
		{429, "3", "1795348812", 3 * time.Second},
		{429, "", "1795348700", 0},
		{429, "", "99999999999", 24 * time.Hour},
		{500, "", "1795348812", 0},
	} {
		e := &xrpc.Error{Status: tt.status, Header: http.Header{"Retry-After": {tt.header}, "Ratelimit-Reset": {tt.reset}}}
		require.Equal(t, tt.want, e.RetryAfter(now), "%+v", tt)
	}
}

func TestSecretsInErrors(t *testing.T) {
	const secret = "hunter2"
	auths := []xrpc.Auth{xrpc.BearerAuth(secret), xrpc.AdminAuth(secret)}
	for _, auth := range auths {
		c := fakeClient(t, xrpc.Options{Auth: auth, Retry: noRetry, Header: http.Header{"X-Key": {secret}}}, func(*http.Request) (*http.Response, error) {
			return nil, errors.New("broken")
		})
		_, err := c.Call(t.Context(), &xrpc.Call{NSID: method, Params: xrpc.Values{"token": {secret}}})
		for _, v := range []any{err, auth, c, struct{ c *xrpc.Client }{c}, xrpc.CallOptions{Auth: auth}, struct{ a xrpc.Auth }{auth}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
				require.NotContains(t, fmt.Sprintf(verb, v), secret)
			}
		}
	}
	for _, bad := range []string{"a\nb", "a\x00"} {
		c := fakeClient(t, xrpc.Options{Auth: xrpc.BearerAuth(bad)}, nil)
		_, err := query(t, c, xrpc.CallOptions{})
		require.EqualError(t, err, "xrpc: com.example.doIt: credentials that can't stand in a header")
	}
}
