package annalscdk

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// Settings are the settings of one deployment. [Main] reads them from infra/stages.json, by stage. In an app of your
// own, fill them in, or use [Configure]. Each has a default. The local runner runs the template that the defaults give.
type Settings struct {
	// Stage distinguishes deployments in one account: the stack is named Shop-<stage>. If "", the stack is named Shop.
	Stage string
	// Region is the region to deploy to, and the only one that writes. If "", the command line's region.
	Region string
	// EventBus is the ARN of the EventBridge bus for public events. If "", the stack makes one.
	EventBus string
	// TablesKey encrypts the tables. "" is DynamoDB's own key, [OwnKey] one that the stack makes, anything else the ARN
	// of an existing one. A key needs a Region.
	TablesKey string
	// BreakGlassRole is the ARN of the role that may change stored events. If "", none may.
	BreakGlassRole string
	// EventReplicas and ReadReplicas are the regions with replicas of the event table and of the read side. They need a
	// Region.
	EventReplicas, ReadReplicas []string
	// ReplicasLocked denies writes to the replicas of the event table.
	ReplicasLocked bool
	// Concurrency is the reserved concurrency of functions, which is also their limit. 0 switches a function off.
	Concurrency map[annalsaws.Function]int
	// AlarmTopic is the ARN of the SNS topic for alarms. If "", the stack makes one, and AlarmEmail subscribes to it.
	AlarmTopic, AlarmEmail string
	// Stores are the stores of read models besides DynamoDB: "sql", "search", "cache". Without a store, the stack lacks
	// the read models that are in it, and their queries.
	Stores []string
	// SQLCluster is the ARN of the cluster of Aurora DSQL for read models in SQL. If "", the stack makes one.
	SQLCluster string
	// SearchCollection is the ARN of the collection of OpenSearch Serverless for read models in OpenSearch. If "",
	// the stack makes one. The data access policy of one that exists must let the functions in.
	SearchCollection string
	// CacheURL is the address of the Valkey or Redis for read models in a cache: redis://host:port/database, or
	// rediss:// for TLS, without a password. VPCSubnets and VPCSecurityGroups are the ids of the subnets and security
	// groups in which the functions that read and write read models reach it. A service with such read models needs
	// all three.
	CacheURL                      string
	VPCSubnets, VPCSecurityGroups []string
	// OTLPEndpoint is the URL of the collector that functions send traces to. If "", there are no traces.
	OTLPEndpoint string
	// RebuildSegments is the number of parts into which a rebuild divides the history, by default 16.
	// RebuildConcurrency is how many it reads at once, by default 4.
	RebuildSegments, RebuildConcurrency int
	// PersonalRecoveryDays is for how many days the keys of personal data, and all tables but the events', can be
	// recovered, by default 7. A person who was forgotten can be found in a recovered table for as long. Without
	// personal data it has no effect.
	PersonalRecoveryDays int
	// ForgetWait is how long functions may still use a person's key after it was deleted, by default 6 minutes. The
	// forgetting of a person waits for it. It is whole seconds, from a second to an hour. It must be longer than
	// functions keep keys in memory (5/6 of it, 5 minutes at most) plus the longest time between a read and its write.
	// Use the default in production, and seconds in tests. Without personal data it has no effect.
	ForgetWait time.Duration

	// Issuer is the OpenID issuer of callers' tokens. If "", the stack makes a Cognito user pool. Audience is the
	// audience that tokens must have.
	Issuer   string
	Audience []string
	// Origins are the origins of web pages that may call the API. If empty, the API has no CORS.
	Origins []string
	// Rate is how many requests a second an API accepts, by default 2000. Burst is how many at once beyond that, by
	// default 1000.
	Rate, Burst int
	// Domain is the HTTP API's domain name, Certificate the ARN of its certificate. If "", the API has AWS's name.
	Domain, Certificate string
	// NoDocs leaves out the public routes that document the API: /docs and /openapi.json.
	NoDocs bool

	// Arch is the architecture of the functions, as a GOARCH: arm64 (the default) or amd64.
	Arch string
	// BuildDir is the folder of the built functions, by default "build": <BuildDir>/<Arch>/<function>/bootstrap.
	BuildDir string

	// Secrets are the values of the service's secrets, by environment variable. For a secret without a value, the stack
	// makes a random one in Secrets Manager, see [Service].
	Secrets map[string]*string
	// Durations are the values of the settings that the service declares with [annals.Setting], by name. A setting
	// without a value has its default. The command function and the reactor function get each in its environment
	// variable.
	Durations map[string]time.Duration
	// Own are the service's own settings, by name: see [Setting].
	Own map[string]string

	// tried are the settings that apply to this deployment only.
	tried []string
}

// Deployed functions run on arm64. The local runner sets both variables to binaries for its own machine, because it
// starts the bootstraps in the template.
const (
	defaultArch  = "arm64"
	defaultBuild = "build"
)

// OwnKey is the value of [Settings.TablesKey] for a key that the stack makes.
const OwnKey = "true"

var busPattern = regexp.MustCompile(`^arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]+$`)

var stagePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,19}$`)

// protectedStage is the stage whose tables are protected from deletion.
const protectedStage = "prod"

// complete fills in the defaults, and returns an error about a setting that is not valid or a function that is not
// built.
func (s *Settings) complete(service *annals.Service) error {
	s.Arch, s.BuildDir = cmp.Or(s.Arch, defaultArch), cmp.Or(s.BuildDir, defaultBuild)
	s.RebuildSegments, s.RebuildConcurrency = cmp.Or(s.RebuildSegments, 16), cmp.Or(s.RebuildConcurrency, 4)
	s.PersonalRecoveryDays = cmp.Or(s.PersonalRecoveryDays, 7)
	s.ForgetWait = cmp.Or(s.ForgetWait, leastForgetWait)
	// The account's own limits are 10,000 a second and 5,000 at once, for all of its APIs together.
	s.Rate, s.Burst = cmp.Or(s.Rate, 2000), cmp.Or(s.Burst, 1000)
	if err := s.validate(); err != nil {
		return err
	}
	if err := s.validateSecrets(service); err != nil {
		return err
	}
	if err := s.completeDurations(service); err != nil {
		return err
	}
	if err := s.validateNames(service); err != nil {
		return err
	}
	return s.validateBuild()
}

// validate returns an error that names the first setting that is not valid, and its valid values.
func (s *Settings) validate() error {
	if s.Stage != "" && !stagePattern.MatchString(s.Stage) {
		return fmt.Errorf("stage is %q: it must be up to 20 lower-case letters, digits and hyphens, such as prod", s.Stage)
	}
	for _, check := range []func() error{s.validateEdge, s.validateRebuild, s.validateTables, s.validateOperations, s.validateStores} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// validateBuild returns an error about an unknown architecture, or a function that was not built. CDK would end with a
// stack trace.
func (s *Settings) validateBuild() error {
	if s.Arch != "arm64" && s.Arch != "amd64" {
		return fmt.Errorf("ANNALS_ARCH is %q: it must be arm64 or amd64", s.Arch)
	}
	for _, f := range annalsaws.Functions {
		bootstrap := filepath.Join(s.codeDir(f), "bootstrap")
		if info, err := os.Stat(bootstrap); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%s is missing: run `make build`", bootstrap)
		}
	}
	return nil
}

// codeDir is the folder that becomes a function's code.
func (s *Settings) codeDir(f annalsaws.Function) string {
	return filepath.Join(s.BuildDir, s.Arch, string(f))
}

// stackName is the name of the service's stack on CloudFormation.
func (s *Settings) stackName(service *annals.Service) string {
	if s.Stage == "" {
		return annalsaws.Pascal(service.Name)
	}
	return annalsaws.Pascal(service.Name) + "-" + s.Stage
}

// environment is the account and region to deploy to, or nil if the command line decides.
func (s *Settings) environment() *awscdk.Environment {
	if s.Region == "" {
		return nil
	}
	return &awscdk.Environment{Region: jsii.String(s.Region)}
}
