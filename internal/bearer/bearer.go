// Package bearer checks the tokens of callers where no gateway does: those of an OpenID issuer, as the JWT authorizer of API
// Gateway checks them.
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

// The environment variables that hold the issuer's address, and for whom its tokens must be, separated by commas.
const (
	IssuerEnv   = "TOKEN_ISSUER"
	AudienceEnv = "TOKEN_AUDIENCE"
)

// ErrRefused says that a token proves nothing here: malformed, of another issuer, for others, not signed by a key of the issuer,
// or expired.
var ErrRefused = errors.New("the token is refused")

// fetchTimeout is how long asking the issuer for its keys may take.
const fetchTimeout = 5 * time.Second

// Claims are what a token says of its bearer.
type Claims struct {
	Subject string
	Scopes  []string
}

// Verifier checks tokens. It asks the issuer for its keys when it first needs them, and again for a key that it does not know.
type Verifier struct {
	issuer   string
	audience []string
	client   *http.Client

	mu   sync.Mutex
	keys *oidc.IDTokenVerifier
}

// NewVerifier returns a verifier by the environment.
//
// Errors: one that names the variable that is missing.
func NewVerifier(getenv func(string) string) (*Verifier, error) {
	issuer, audience := getenv(IssuerEnv), getenv(AudienceEnv)
	if issuer == "" || audience == "" {
		return nil, fmt.Errorf("who says who callers are is not known: set %s and %s", IssuerEnv, AudienceEnv)
	}
	return &Verifier{issuer: issuer, audience: strings.Split(audience, ","), client: &http.Client{Timeout: fetchTimeout}}, nil
}

// Verify checks a token.
//
// Errors: [ErrRefused]; others if the issuer can't be asked.
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
		return Claims{}, fmt.Errorf("%w: its claims can't be read", ErrRefused)
	}
	aimed := checked.Audience
	if len(aimed) == 0 { // Cognito's access tokens
		aimed = []string{more.ClientID}
	}
	if checked.Subject == "" || !slices.ContainsFunc(aimed, func(one string) bool { return slices.Contains(v.audience, one) }) {
		return Claims{}, fmt.Errorf("%w: it names nobody, or is for others", ErrRefused)
	}
	return Claims{checked.Subject, scopes(more.Scope, more.Scp)}, nil
}

// scopes are those of the claim scope, or else scp, which is a text or a list.
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

// verifier asks the issuer where its keys are, once.
func (v *Verifier) verifier(ctx context.Context) (*oidc.IDTokenVerifier, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.keys != nil {
		return v.keys, nil
	}
	// What is made outlives the request.
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), v.client)
	provider, err := oidc.NewProvider(ctx, v.issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the issuer of tokens: %w", err)
	}
	v.keys = provider.VerifierContext(ctx, &oidc.Config{
		SkipClientIDCheck:    true, // the audience is one of several, or the client: see Verify
		SupportedSigningAlgs: []string{oidc.RS256, oidc.RS384, oidc.RS512},
	})
	return v.keys, nil
}
