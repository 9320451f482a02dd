package annalscdk

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdsql"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/internal/telemetry"
	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// clusterPattern is the ARN of a cluster of Aurora DSQL.
var clusterPattern = regexp.MustCompile(`^arn:aws[a-z-]*:dsql:([a-z0-9-]+):[0-9]{12}:cluster/([a-z0-9]+)$`)

// validateStores checks the settings about stores of read models besides DynamoDB.
func (s *Settings) validateStores() error {
	stores, err := annals.ParseStores(strings.Join(s.Stores, ","))
	if err != nil {
		return fmt.Errorf("stores: %w", err)
	}
	for _, setting := range []struct {
		key, value string
		of         annals.Store
	}{
		{"sqlCluster", s.SQLCluster, annals.SQL}, {"searchCollection", s.SearchCollection, annals.Search},
		{"cacheUrl", s.CacheURL, annals.Cache},
	} {
		if setting.value != "" && !slices.Contains(stores, setting.of) {
			return fmt.Errorf("%s is set, but %s is not among the stores: add it, or remove %s", setting.key, setting.of, setting.key)
		}
	}
	if s.SQLCluster != "" && !clusterPattern.MatchString(s.SQLCluster) {
		return fmt.Errorf("sqlCluster is %q: it must be the ARN of a cluster of Aurora DSQL, such as "+
			"arn:aws:dsql:eu-central-1:123456789012:cluster/abc", s.SQLCluster)
	}
	if err := s.validateSearch(); err != nil {
		return err
	}
	return s.validateCache()
}

// on returns a service as the deployment has it: see [annals.Service.On].
func (s *Settings) on(service *annals.Service) *annals.Service {
	stores, _ := annals.ParseStores(strings.Join(s.Stores, ",")) // they are valid
	return service.On(stores...)
}

// uses reports whether read models of the service are in a store.
func (p plan) uses(store annals.Store) bool {
	return slices.ContainsFunc(p.service.ReadModels, func(m *annals.DeclaredReadModel) bool { return m.Store == store })
}

// elsewhere reports whether read models of the service are in another store than DynamoDB.
func (p plan) elsewhere() bool {
	return slices.ContainsFunc(p.service.ReadModels, func(m *annals.DeclaredReadModel) bool { return m.Store != annals.DynamoDB })
}

// checkStores returns an error if the stack lacks a store that the service's read models are in, and can't make it.
func checkStores(p plan, settings Settings) error {
	if err := checkCollection(p, settings); err != nil {
		return err
	}
	return checkCache(p, settings)
}

// addSQL makes the cluster of Aurora DSQL, unless the settings name one.
func (s *Service) addSQL() {
	if s.plan.uses(annals.SQL) && s.Settings.SQLCluster == "" {
		s.SQLCluster = awsdsql.NewCfnCluster(s.Stack, jsii.String("SqlCluster"), &awsdsql.CfnClusterProps{
			DeletionProtectionEnabled: s.Settings.Stage == protectedStage,
			Tags:                      &[]*awscdk.CfnTag{{Key: jsii.String("Name"), Value: jsii.String(s.name())}},
		})
	}
}

// sqlStatement lets a function connect to the cluster that reads and writes read models. It connects as the user admin:
// that user makes the tables.
func (s *Service) sqlStatement() awsiam.PolicyStatement {
	arn := jsii.String(s.Settings.SQLCluster)
	if s.SQLCluster != nil {
		arn = s.SQLCluster.AttrResourceArn()
	}
	return allow([]string{"dsql:DbConnectAdmin"}, arn)
}

// sqlEndpoint is the host of the cluster.
func (s *Service) sqlEndpoint() *string {
	if s.SQLCluster != nil {
		return s.SQLCluster.AttrEndpoint()
	}
	parts := clusterPattern.FindStringSubmatch(s.Settings.SQLCluster)
	return jsii.String(parts[2] + ".dsql." + parts[1] + ".on.aws")
}

// storesEnvironment returns a function's variables for stores besides DynamoDB. It has none if the deployment has no
// such stores.
func (s *Service) storesEnvironment(f function) map[string]*string {
	env := map[string]*string{}
	if len(s.Settings.Stores) == 0 || !f.usesReadModels && f.name != annalsaws.Docs {
		return env
	}
	env[annalsaws.StoresEnv] = jsii.String(strings.Join(s.Settings.Stores, ","))
	if s.plan.uses(annals.SQL) && f.usesReadModels {
		env[annalsaws.SQLEndpointEnv] = s.sqlEndpoint()
	}
	if s.plan.uses(annals.Search) && f.usesReadModels {
		env[annalsaws.SearchEndpointEnv] = s.searchEndpoint()
	}
	if s.plan.uses(annals.Cache) && f.usesReadModels {
		env[annalsaws.CacheURLEnv] = jsii.String(s.Settings.CacheURL)
	}
	return env
}

// storeAlarm fires if a store is away for long. The projector asks such a store every 15 seconds whether it answers.
func (s *Service) storeAlarm() alarm {
	return alarm{
		id: "StoreAway", runbook: "store-away",
		about:  "A store of read models besides DynamoDB has been away for more than five minutes",
		metric: s.own(annalsaws.Projector, telemetry.StoreAway), above: 5 * 60, of: 1, outOf: 1,
	}
}

// storesStatements let a function use the stores besides DynamoDB that the service's read models are in.
func (s *Service) storesStatements(f function) (all []awsiam.PolicyStatement) {
	if f.usesReadModels && s.plan.uses(annals.SQL) {
		all = append(all, s.sqlStatement())
	}
	if f.usesReadModels && s.plan.uses(annals.Search) {
		all = append(all, s.searchStatement())
	}
	if s.inVPC(f) {
		all = append(all, networkStatement())
	}
	return all
}
