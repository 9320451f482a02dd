package sqlauth

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/jackc/pgx/v5"
)

type fixed struct{ err error }

func (f fixed) Retrieve(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "SECRET", SessionToken: "SESSION"}, f.err
}

func connection(t *testing.T, address string) *pgx.ConnConfig {
	t.Helper()
	c, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestSign: for the same service and query, a token is that of the SDK's own function for RDS.
func TestSign(t *testing.T) {
	t.Parallel()
	for range 3 { // the second may end between the two
		want, err1 := auth.BuildAuthToken(t.Context(), "db.example:5432", "eu-central-1", "orders", fixed{})
		query := url.Values{"Action": {"connect"}, "DBUser": {"orders"}}
		got, err2 := sign(t.Context(), "db.example:5432", "eu-central-1", "rds-db", query, fixed{})
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		path := strings.NewReplacer("/?", "?")
		if path.Replace(want) == path.Replace(got) {
			return
		}
		t.Logf("got %s, want %s", got, want)
	}
	t.Error("no token was the SDK's")
}

// TestTokens: a connection gets a token for its host and user, and an error names the host.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, address, want string
		connect             func(string, aws.CredentialsProvider) BeforeConnect
	}{
		{"DSQL", "postgres://orders@abc.dsql.eu-central-1.on.aws/postgres",
			`^abc\.dsql\.eu-central-1\.on\.aws/\?Action=DbConnect&.*%2Feu-central-1%2Fdsql%2Faws4_request&.*X-Amz-Expires=900&`, DSQL},
		{"DSQL's administrator", "postgres://admin@abc.dsql.eu-central-1.on.aws/postgres", `\?Action=DbConnectAdmin&`, DSQL},
		{"RDS", "postgres://orders@db.example:6543/postgres", `^db\.example:6543/?\?Action=connect&DBUser=orders&.*rds-db`, RDS},
	} {
		c := connection(t, test.address)
		if err := test.connect("eu-central-1", fixed{})(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(test.want).MatchString(c.Password) || !strings.Contains(c.Password, "X-Amz-Security-Token=SESSION") {
			t.Errorf("%s: the token is %s", test.name, c.Password)
		}
		broken := fixed{errors.New("no credentials")}
		if err := test.connect("eu-central-1", broken)(t.Context(), c); err == nil || !strings.Contains(err.Error(), c.Host) {
			t.Errorf("%s without credentials: %v, want an error that names the host", test.name, err)
		}
	}
}
