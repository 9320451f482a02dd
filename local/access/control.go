package access

import (
	"errors"
	"net/http"
	"strings"

	"github.com/annals-es/annals/local/policy"
)

// Errors for requests whose signer is missing or unknown, in AWS's words.
var (
	ErrUnsigned = errors.New("Request is missing Authentication Token")
	ErrUnknown  = errors.New("The security token included in the request is invalid")
)

// Check decides whether the signer of a request may do everything that the request does. It does not verify signatures.
//
// Errors: ErrUnsigned, ErrUnknown; *[policy.DeniedError] for the first thing that is not allowed.
func (c *Control) Check(header http.Header, requests ...policy.Request) error {
	key := accessKey(header)
	if key == Own {
		return nil
	}
	principal, ok := c.principals[key]
	switch {
	case key == "":
		return ErrUnsigned
	case !ok:
		return ErrUnknown
	}
	for _, r := range requests {
		table, _, _ := strings.Cut(r.Resource, "/index/")
		if err := principal.Check(r, c.tables[table]); err != nil {
			return err
		}
	}
	return nil
}

const credential = "Credential="

// accessKey returns the access key that signed a request: "AWS4-HMAC-SHA256 Credential=<key>/<date>/…".
func accessKey(header http.Header) string {
	_, after, _ := strings.Cut(header.Get("Authorization"), credential)
	key, _, _ := strings.Cut(after, "/")
	return key
}

// signAsOwn replaces a function's access key by the runner's: DynamoDB Local may keep separate tables for each key.
func signAsOwn(header http.Header) {
	before, after, signed := strings.Cut(header.Get("Authorization"), credential)
	if _, scope, whole := strings.Cut(after, "/"); signed && whole {
		header.Set("Authorization", before+credential+Own+"/"+scope)
	}
}
