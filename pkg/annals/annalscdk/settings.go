package annalscdk

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// Settings are what one deployment chooses. [Main] reads them from infra/stages.json, by stage; an app of your own
// fills them in, or has [Configure] read them. Each has a default, with which the template is what the local
// runner runs.
type Settings struct {
	// Stage tells deployments in one account apart: the stack is named Shop-<stage>. "" = the stack is named Shop.
	Stage string
	// Region is the one that is deployed to, and the only one that writes. "" = whichever the command line is set to.
	Region string
	// EventBus is the ARN of the EventBridge bus that public events go to. "" = the stack has one of its own.
	EventBus string
	// TablesKey encrypts the tables: "" = DynamoDB's own key, [OwnKey] = one that the stack makes, else the ARN of
	// one that
	// exists. A key needs a Region.
	TablesKey string
	// BreakGlassRole is the ARN of the role that may change stored events. "" = none may.
	BreakGlassRole string
	// EventReplicas and ReadReplicas are the regions with a copy of the event table, and of the read side. They
	// need a Region.
	EventReplicas, ReadReplicas []string
	// ReplicasLocked denies writes to the copies of the event table.
	ReplicasLocked bool
	// Concurrency is how many invocations at once are reserved for a function, and are its most. 0 switches it off.
	Concurrency map[annalsaws.Function]int
	// AlarmTopic is the ARN of the SNS topic that alarms go to. "" = the stack makes one, to which AlarmEmail
	// subscribes.
	AlarmTopic, AlarmEmail string
	// OTLPEndpoint is the URL of the collector that functions send traces to. "" = nothing is traced.
	OTLPEndpoint string
	// RebuildSegments is into how many parts a rebuild divides the history, default 16. RebuildConcurrency is how
	// many it
	// reads at once, default 4.
	RebuildSegments, RebuildConcurrency int

	// Issuer is the OpenID issuer of callers' tokens, "" = a Cognito user pool of the stack. Audience is for whom
	// they must be.
	Issuer   string
	Audience []string
	// Origins are the web pages that browsers may call the API from. None = no CORS.
	Origins []string
	// Rate is how many requests a second an API takes, default 2000. Burst is how many at once beyond that,
	// default 1000.
	Rate, Burst int
	// Domain is the HTTP API's name, Certificate the ARN of its certificate. "" = the name that AWS gives.
	Domain, Certificate string
	// NoDocs leaves out what the API says of itself to everybody: /docs and /openapi.json.
	NoDocs bool

	// Arch is the architecture of the functions, as Go spells it: arm64 (the default) or amd64.
	Arch string
	// BuildDir is the folder of the built functions, default "build": <BuildDir>/<Arch>/<function>/bootstrap.
	BuildDir string

	// Secrets are the values of the service's secrets, by environment variable. For a secret without a value the stack
	// makes a random one in Secrets Manager, see [Service].
	Secrets map[string]*string
	// Own are the settings of the service's own, by name: see [Setting].
	Own map[string]string

	// tried are the settings that were given for this deployment alone.
	tried []string
}

// What is deployed runs on arm64. The local runner sets both variables to binaries for its own machine, because it
// starts
// the bootstraps of the template as they are.
const (
	defaultArch  = "arm64"
	defaultBuild = "build"
)

// OwnKey is the value of [Settings.TablesKey] for a key that the stack makes.
const OwnKey = "true"

var busPattern = regexp.MustCompile(`^arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]+$`)

var stagePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,19}$`)

// protectedStage is the one whose tables are not deleted before their protection is taken off.
const protectedStage = "prod"

// complete fills in the defaults, and returns an error about a setting that can't be, or a function that is not built.
func (s *Settings) complete(service *annals.Service) error {
	s.Arch, s.BuildDir = cmp.Or(s.Arch, defaultArch), cmp.Or(s.BuildDir, defaultBuild)
	s.RebuildSegments, s.RebuildConcurrency = cmp.Or(s.RebuildSegments, 16), cmp.Or(s.RebuildConcurrency, 4)
	// The account's own limits are 10,000 a second and 5,000 at once, for all of its APIs together.
	s.Rate, s.Burst = cmp.Or(s.Rate, 2000), cmp.Or(s.Burst, 1000)
	if err := s.validate(); err != nil {
		return err
	}
	if err := s.validateSecrets(service); err != nil {
		return err
	}
	if err := s.validateNames(service); err != nil {
		return err
	}
	return s.validateBuild()
}

// validate returns an error that names the setting that can't be, and what it can be.
func (s *Settings) validate() error {
	if s.Stage != "" && !stagePattern.MatchString(s.Stage) {
		return fmt.Errorf("stage is %q: it must be up to 20 lower-case letters, digits and hyphens, such as prod", s.Stage)
	}
	for _, check := range []func() error{s.validateEdge, s.validateRebuild, s.validateTables, s.validateOperations} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// validateBuild reports an unknown architecture, and a function that has not been built: CDK would end with a
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

// environment is where the stack is deployed to, nil where the command line decides.
func (s *Settings) environment() *awscdk.Environment {
	if s.Region == "" {
		return nil
	}
	return &awscdk.Environment{Region: jsii.String(s.Region)}
}
