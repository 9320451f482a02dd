// Package sqlauth lets a process connect to Aurora DSQL, or to PostgreSQL on RDS or Aurora, by its IAM role: the
// password of each new connection is a token, a request that is signed with the role's credentials. Start with [DSQL]
// or [RDS].
package sqlauth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/feature/rds/auth"
	"github.com/jackc/pgx/v5"
)

// BeforeConnect sets the password of a connection that is about to be made. It is for the field of that name of
// pgxpool.Config.
type BeforeConnect func(ctx context.Context, c *pgx.ConnConfig) error

// lifetime is how long a token can be used to connect. A connection that is made stays.
const lifetime = 15 * time.Minute

// admin is the user that owns everything on DSQL. It needs the action dsql:DbConnectAdmin, all others dsql:DbConnect.
const admin = "admin"

// DSQL returns a function that makes tokens for clusters of Aurora DSQL in a region. The connection says for which host
// and user.
//
// https://docs.aws.amazon.com/aurora-dsql/latest/userguide/authentication-authorization.html
func DSQL(region string, credentials aws.CredentialsProvider) BeforeConnect {
	return func(ctx context.Context, c *pgx.ConnConfig) error {
		action := "DbConnect"
		if c.User == admin {
			action = "DbConnectAdmin"
		}
		token, err := sign(ctx, c.Host, region, "dsql", url.Values{"Action": {action}}, credentials)
		if err != nil {
			return fmt.Errorf("connect to %s: the token can't be signed: %w", c.Host, err)
		}
		c.Password = token
		return nil
	}
}

// RDS returns a function that makes tokens for PostgreSQL on RDS or Aurora in a region. The role needs the action
// rds-db:connect for the user.
//
// https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
func RDS(region string, credentials aws.CredentialsProvider) BeforeConnect {
	return func(ctx context.Context, c *pgx.ConnConfig) error {
		token, err := auth.BuildAuthToken(ctx, address(c), region, c.User, credentials)
		if err != nil {
			return fmt.Errorf("connect to %s: the token can't be signed: %w", c.Host, err)
		}
		c.Password = token
		return nil
	}
}

func address(c *pgx.ConnConfig) string { return net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) }

// sign returns a token: the URL of a signed request, without its scheme.
func sign(
	ctx context.Context, host, region, service string, query url.Values, credentials aws.CredentialsProvider,
) (string, error) {
	query.Set("X-Amz-Expires", strconv.Itoa(int(lifetime.Seconds())))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+"/?"+query.Encode(), http.NoBody)
	if err != nil {
		return "", err
	}
	key, err := credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	empty := sha256.Sum256(nil)
	signed, _, err := v4.NewSigner().PresignHTTP(ctx, key, request, hex.EncodeToString(empty[:]), service, region, time.Now())
	return strings.TrimPrefix(signed, "https://"), err
}
