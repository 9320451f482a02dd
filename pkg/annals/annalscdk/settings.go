package annalscdk

import (
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// settings are what one deployment chooses: those of its stage in stages.json, see choose. Each has a default, with which the
// template is what the local runner runs.
type settings struct {
	// stage tells deployments in one account apart: the stack is named Shop-<stage>. "" = the stack is named Shop.
	stage string
	// eventBus is the ARN of the EventBridge bus that integration events go to. "" = the stack has one of its own.
	eventBus string
	// region is the one that is deployed to, and the only one that writes. "" = whichever the command line is set to.
	region string
	// key encrypts the tables: "" = DynamoDB's own, "true" = one that the stack makes, else the ARN of one that exists.
	key string
	// breakGlass is the ARN of the role that may change stored events. "" = nobody may.
	breakGlass string
	// eventReplicas and readReplicas are the regions with a copy of the event table, and of the read side.
	eventReplicas, readReplicas []string
	// replicasLocked denies writes to the copies of the event table.
	replicasLocked bool
	// concurrency is how many invocations at once are reserved for a function, and are its most.
	concurrency map[string]float64
	// alarmTopic is the ARN of the SNS topic that alarms go to. "" = the stack makes one, to which alarmEmail subscribes.
	alarmTopic, alarmEmail string
	// emailKey keys the ids under which e-mail addresses are reserved. "" = the stack's id. A stack around a restored event
	// table needs that of the stack whose table it was, for ever.
	emailKey string
	// otlpEndpoint is the URL of the collector that functions send traces to. "" = nothing is traced.
	otlpEndpoint string
	// rebuildSegments is into how many parts a rebuild divides the history, rebuildConcurrency how many it reads at once.
	rebuildSegments, rebuildConcurrency float64
	// tried are the settings that were given for this deployment alone.
	tried []string
	edgeSettings
}

var busPattern = regexp.MustCompile(`^arn:[a-z-]+:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]+$`)

var stagePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,19}$`)

// protectedStage is the one whose tables are not deleted before their protection is taken off.
const protectedStage = "prod"

// readSettings reads the settings, see choose.
//
// Errors: one that names the setting that can't be, and what it can be; a setting that there is not.
func readSettings(values map[string]any) (settings, error) {
	context := &asked{values: values}
	s, err := settingsFrom(context)
	if err == nil {
		err = context.unread()
	}
	return s, err
}

func settingsFrom(context *asked) (settings, error) {
	var s settings
	var err error
	if s.stage, err = text(context, "stage"); err != nil {
		return s, err
	}
	if s.stage == defaultStage {
		s.stage = ""
	}
	if s.stage != "" && !stagePattern.MatchString(s.stage) {
		return s, fmt.Errorf("stage is %q: it must be up to 20 lower-case letters, digits and hyphens, such as prod", s.stage)
	}
	if s.edgeSettings, err = readEdge(context); err != nil {
		return s, err
	}
	if s.rebuildSegments, err = whole(context, "rebuildSegments", 16, 10_000); err != nil {
		return s, err
	}
	if s.rebuildConcurrency, err = whole(context, "rebuildConcurrency", 4, 1_000); err != nil {
		return s, err
	}
	if s.eventBus, err = text(context, "eventBus"); err != nil {
		return s, err
	}
	if s.eventBus != "" && !busPattern.MatchString(s.eventBus) {
		return s, fmt.Errorf("eventBus is %q: it must be the ARN of a bus, such as arn:aws:events:us-east-1:123456789012:event-bus/shop", s.eventBus)
	}
	if err := s.readTables(context); err != nil {
		return s, err
	}
	if err := s.readOperations(context); err != nil {
		return s, err
	}
	return s, s.validateDomain()
}

// stackName is the name of the stack on CloudFormation.
func (s settings) stackName() string {
	if s.stage == "" {
		return "Shop"
	}
	return "Shop-" + s.stage
}

// environment is where the stack is deployed to, nil where the command line decides.
func (s settings) environment() *awscdk.Environment {
	if s.region == "" {
		return nil
	}
	return &awscdk.Environment{Region: jsii.String(s.region)}
}

// tags are on all that the stack makes.
func (s settings) tags() *map[string]*string {
	tags := map[string]*string{"stack": jsii.String(s.stackName())}
	if s.stage != "" {
		tags["stage"] = jsii.String(s.stage)
	}
	return &tags
}
