package annalslambda

import (
	"log/slog"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// FromEnvironment makes a deployment with all parts that functions take from the environment.
func FromEnvironment(
	cfg aws.Config, s *annals.Service, log *slog.Logger, wanted ...annalsaws.Table,
) (Deployment, error) {
	tables := func(*annals.Service) []annalsaws.Table { return wanted }
	return fromEnvironment(func() (aws.Config, error) { return cfg, nil }, s, log, tables,
		Deployment.withCatchUps, Deployment.withReactionJobs, Deployment.withFailures, Deployment.withRebuilds,
		Deployment.withNotifier)
}
