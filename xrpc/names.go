package xrpc

import "net/http"

// Names of errors that several methods have, for [Is]. Those of one method are
// beside it in the generated packages.
//
// https://atproto.com/specs/xrpc#error-responses
const (
	AccountTakedown         = "AccountTakedown"
	AuthFactorTokenRequired = "AuthFactorTokenRequired"
	BadExpiration           = "BadExpiration"
	BlobNotFound            = "BlobNotFound"
	BlockNotFound           = "BlockNotFound"
	DidDeactivated          = "DidDeactivated"
	DidNotFound             = "DidNotFound"
	ExpiredToken            = "ExpiredToken"
	HandleNotFound          = "HandleNotFound"
	HostNotFound            = "HostNotFound"
	InvalidSwap             = "InvalidSwap"
	InvalidToken            = "InvalidToken"
	LexiconNotFound         = "LexiconNotFound"
	RecordNotFound          = "RecordNotFound"
	RepoDeactivated         = "RepoDeactivated"
	RepoNotFound            = "RepoNotFound"
	RepoSuspended           = "RepoSuspended"
	RepoTakendown           = "RepoTakendown"
)

// Names of errors that say no more than the status does. An [Error] has them
// when the server gave no name.
//
// https://atproto.com/specs/xrpc#summary-of-http-status-codes
const (
	InvalidRequest         = "InvalidRequest"
	AuthenticationRequired = "AuthenticationRequired"
	Forbidden              = "Forbidden"
	XRPCNotSupported       = "XRPCNotSupported" // 404 from what does not speak XRPC
	NotAcceptable          = "NotAcceptable"
	PayloadTooLarge        = "PayloadTooLarge"
	UnsupportedMediaType   = "UnsupportedMediaType"
	RateLimitExceeded      = "RateLimitExceeded"
	InternalServerError    = "InternalServerError"
	MethodNotImplemented   = "MethodNotImplemented"
	UpstreamFailure        = "UpstreamFailure"
	NotEnoughResources     = "NotEnoughResources"
	UpstreamTimeout        = "UpstreamTimeout"
	UnexpectedRedirect     = "UnexpectedRedirect" // 3xx that is not followed
)

// nameOf returns the name of an error that has none but its status.
func nameOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return AuthenticationRequired
	case http.StatusForbidden:
		return Forbidden
	case http.StatusNotFound:
		return XRPCNotSupported
	case http.StatusNotAcceptable:
		return NotAcceptable
	case http.StatusRequestEntityTooLarge:
		return PayloadTooLarge
	case http.StatusUnsupportedMediaType:
		return UnsupportedMediaType
	case http.StatusTooManyRequests:
		return RateLimitExceeded
	case http.StatusNotImplemented:
		return MethodNotImplemented
	case http.StatusBadGateway:
		return UpstreamFailure
	case http.StatusServiceUnavailable:
		return NotEnoughResources
	case http.StatusGatewayTimeout:
		return UpstreamTimeout
	}
	switch {
	case status >= 500:
		return InternalServerError
	case status >= 400:
		return InvalidRequest
	}
	return UnexpectedRedirect
}
