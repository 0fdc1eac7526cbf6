package lint

// A Rule is the name of a rule. Names do not change between releases.
type Rule string

// Rules of the language: breaking one is an [Error].
const (
	LexiconSchema   Rule = "lexicon-schema"       // the document is not valid
	LexiconVersion  Rule = "lexicon-version"      // the member lexicon is not 1
	InvalidNSID     Rule = "invalid-nsid"         // the member id is not an NSID
	MissingEncoding Rule = "unspecified-encoding" // a body says nothing of its encoding
	UnresolvedRef   Rule = "unresolved-ref"       // a reference leads to nothing, or to the wrong type
	GrantsNothing   Rule = "permission-ignored"   // a permission that grants nothing
)

// Rules of style: breaking one is a [Warning].
const (
	FilePath             Rule = "file-path"                    // the name of the file is not that of the document
	LongAuthority        Rule = "long-authority"               // more than 253 bytes of an NSID are no domain name
	ExperimentalName     Rule = "experimental-name"            // what is experimental has a name that does not say so
	DefsMain             Rule = "defs-main-definition"         // a document named defs has a main definition
	DefName              Rule = "def-name-syntax"              // the name of a definition is not lowerCamelCase
	FieldName            Rule = "field-name-syntax"            // the name of a field is not lowerCamelCase
	FieldKeyword         Rule = "field-name-keyword"           // the name of a field is a word of programming languages
	ErrorName            Rule = "error-name-syntax"            // the name of an error is not UpperCamelCase
	ValueName            Rule = "value-syntax"                 // a fixed value of a string is not in kebab-case
	UnexpectedField      Rule = "unexpected-field"             // a member that the language does not know
	PrimaryDescription   Rule = "missing-primary-description"  // a primary definition without description
	UndescribedToken     Rule = "undescribed-token"            // a token without description
	UnlimitedString      Rule = "unlimited-string"             // a string without limit
	LargeString          Rule = "large-string"                 // a string of more than 20,480 bytes
	StringLimits         Rule = "string-limits"                // graphemes and bytes limited, but not both, or in an odd ratio
	UnlimitedBytes       Rule = "unlimited-bytes"              // a byte string without limit
	LargeBytes           Rule = "large-bytes"                  // a byte string of more than 20,480 bytes
	LocalRefValue        Rule = "known-string-local-ref"       // a value of a string that looks like a local reference
	DefaultValue         Rule = "default-value"                // a default, constant or value that the type itself excludes
	DuplicateRef         Rule = "duplicate-ref"                // a union that lists a member twice
	NullableAndOptional  Rule = "nullable-and-optional"        // a field that may be null or absent
	BooleanDefault       Rule = "boolean-default"              // a boolean that is true when it is absent
	AccountParam         Rule = "account-param"                // a parameter for an account that takes handles only, or DIDs only
	RecordHandle         Rule = "record-handle"                // a record that holds a handle
	OutputUndefined      Rule = "endpoint-output-undefined"    // a method without output
	SchemaOfBytes        Rule = "schema-of-bytes"              // a schema for a body that is not JSON
	Pagination           Rule = "pagination"                   // cursor and limit in another form than usual
	NoMessages           Rule = "subscription-no-messages"     // a subscription without messages
	SubscriptionForm     Rule = "subscription-form"            // a subscription in another form than usual
	SetWithoutTitle      Rule = "permissionset-no-title"       // a permission set without title
	SetWithoutPermission Rule = "permissionset-no-permissions" // a permission set without permissions
	SetName              Rule = "permissionset-name"           // a permission set whose name does not begin with auth
)

// Rules of [Breaking] whose breach is an [Error].
const (
	TypeChange        Rule = "type-change"        // another type
	RecordKeyType     Rule = "record-key-type"    // another type of record keys
	BodyEncoding      Rule = "body-encoding"      // another encoding, or a body that came or went
	ConstValue        Rule = "const-value"        // another constant
	EnumValues        Rule = "enum-values"        // other values
	StringFormat      Rule = "string-format"      // another format
	ObjectRequired    Rule = "object-required"    // other fields are required
	ObjectNullable    Rule = "object-nullable"    // other fields may be null
	ParamsRequired    Rule = "params-required"    // other parameters are required
	UnionOpenClosed   Rule = "union-open-closed"  // a union became open or closed
	UnionClosedRefs   Rule = "union-closed-refs"  // a closed union has other members
	UnionRefRemoved   Rule = "union-ref-removed"  // an open union lost a member
	MessageRefs       Rule = "message-refs"       // a subscription has other messages
	DefRemoved        Rule = "def-removed"        // a definition is gone
	TokenRemoved      Rule = "token-removed"      // a token is gone
	PropertyRemoved   Rule = "property-removed"   // a field or parameter is gone
	ErrorRemoved      Rule = "error-removed"      // an error is gone
	PermissionWidened Rule = "permission-widened" // a permission set grants more
	DocumentChange    Rule = "document-change"    // the document has another NSID
)

// Rules of [Breaking] whose breach is a [Warning].
const (
	IntegerRange Rule = "integer-range" // other bounds of an integer
	StringLength Rule = "string-length" // other limits of a string
	BytesLength  Rule = "bytes-length"  // other limits of a byte string
	ArrayLength  Rule = "array-length"  // other limits of an array
	BlobAccept   Rule = "blob-accept"   // other media types of blobs
	BlobSize     Rule = "blob-size"     // another limit of blobs
	RefChange    Rule = "ref-change"    // a reference to something else
)
