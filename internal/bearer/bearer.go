// Package bearer checks the tokens of callers where no gateway does, such as on the WebSocket API. Start with
// [NewVerifier]. Tokens are those of an OpenID issuer, checked by the rules of API Gateway's JWT authorizer.
package bearer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// The environment variables with the issuer's address and with the accepted audiences, separated by commas.
const (
	IssuerEnv   = "TOKEN_ISSUER"
	AudienceEnv = "TOKEN_AUDIENCE"
)

// ErrRefused says that a token is invalid: malformed, expired, from another issuer, for another audience, or not signed
// with a key of the issuer.
var ErrRefused = errors.New("invalid token")

// fetchTimeout is how long fetching the issuer's keys may take.
const fetchTimeout = 5 * time.Second

// Claims are the subject and scopes of a token.
type Claims struct {
	Subject string
	Scopes  []string
}

// Verifier checks tokens. It fetches the issuer's keys at the first token, and again when a token is signed with an
// unknown key.
type Verifier struct {
	issuer   string
	audience []string
	client   *http.Client

	mu   sync.Mutex
	keys *oidc.IDTokenVerifier
}

// NewVerifier returns a verifier with the issuer and audiences of the environment.
//
// Errors: [IssuerEnv] or [AudienceEnv] is not set.
func NewVerifier(getenv func(string) string) (*Verifier, error) {
	issuer, audience := getenv(IssuerEnv), getenv(AudienceEnv)
	if issuer == "" || audience == "" {
		return nil, fmt.Errorf("the issuer of tokens is not configured: set %s and %s", IssuerEnv, AudienceEnv)
	}
	return &Verifier{
		issuer: issuer, audience: strings.Split(audience, ","), client: &http.Client{Timeout: fetchTimeout},
	}, nil
}

// Verify checks a token.
//
// Errors: [ErrRefused]; others if the issuer can't be reached.
func (v *Verifier) Verify(ctx context.Context, token string) (Claims, error) {
	keys, err := v.verifier(ctx)
	if err != nil {
		return Claims{}, err
	}
	checked, err := keys.Verify(ctx, token)
	if err != nil {
		return Claims{}, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	var more struct {
		ClientID string `json:"client_id"`
		Scope    string `json:"scope"`
		Scp      any    `json:"scp"`
	}
	if err := checked.Claims(&more); err != nil {
		return Claims{}, fmt.Errorf("%w: the claims can't be decoded", ErrRefused)
	}
	aimed := checked.Audience
	if len(aimed) == 0 { // access tokens of Cognito have a client and no audience
		aimed = []string{more.ClientID}
	}
	if checked.Subject == "" ||
		!slices.ContainsFunc(aimed, func(one string) bool { return slices.Contains(v.audience, one) }) {
		return Claims{}, fmt.Errorf("%w: it has no subject, or is for another audience", ErrRefused)
	}
	return Claims{checked.Subject, scopes(more.Scope, more.Scp)}, nil
}

// scopes returns the scopes of the claim scope; if it is empty, those of scp, which is a string or a list.
func scopes(scope string, scp any) []string {
	all := strings.Fields(scope)
	if len(all) > 0 {
		return all
	}
	switch scp := scp.(type) {
	case string:
		return strings.Fields(scp)
	case []any:
		for _, one := range scp {
			if text, ok := one.(string); ok {
				all = append(all, text)
			}
		}
	}
	return all
}

// verifier returns the verifier of the issuer's keys. It asks the issuer for its configuration once.
func (v *Verifier) verifier(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.keys != nil {
		return v.keys, nil
	}
	// The provider outlives the request, so it must not use the request's context.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), v.client)
	provider, err := oidc.NewProvider(ctx, v.issuer)
	if err != nil {
		return nil, fmt.Errorf("fetch the configuration of token issuer %s: %w", v.issuer, err)
	}
	v.keys = provider.VerifierContext(ctx, &oidc.Config{
		SkipClientIDCheck:    true, // Verify checks the audience itself, since several are accepted, or a client
		SupportedSigningAlgs: []string{oidc.RS256, oidc.RS384, oidc.RS512},
	})
	return v.keys, nil
}
