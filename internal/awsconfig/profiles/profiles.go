// Package profiles configures the AWS SDK's clients for tools: from environment variables and profiles, with all the
// ways to log in, as all tools of AWS do. Functions do not link it.
package profiles

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/annals-es/annals/internal/awsconfig"
)

// Load returns the configuration in environment variables and profiles, with the HTTP client and the retries of package
// awsconfig. Reading it takes milliseconds: share it among clients.
//
// Errors: one if a variable or a file can't be read.
func Load(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithHTTPClient(awsconfig.HTTPClient()), config.WithRetryer(awsconfig.Retryer))
	if err != nil {
		return cfg, fmt.Errorf("AWS configuration: %w", err)
	}
	return cfg, nil
}
