package annalscdk

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// newStack declares the one stack of the service. Its artifacts are called Annals, whatever the stage.
func newStack(app awscdk.App, conf config) {
	stack := awscdk.NewStack(app, jsii.String("Shop"), &awscdk.StackProps{
		StackName:   jsii.String(conf.stackName()),
		Env:         conf.environment(),
		Tags:        conf.tags(),
		Description: jsii.String("Event sourcing and CQRS on Lambda and DynamoDB"),
	})
	if len(conf.tried) > 0 {
		awscdk.Annotations_Of(stack).AddWarningV2(jsii.String("annals:tried"), jsii.String(
			"Given for this deployment alone: "+strings.Join(conf.tried, ", ")+". The next one drops them, unless "+stagesFile+" has them"))
	}
	key := newKey(stack, conf)
	made := resources{
		tables: newTables(stack, conf, key), key: key, queues: newQueues(stack), stage: newSocketAPI(stack, conf), bus: newBus(stack, conf),
		cursorKey: newCursorKey(stack), who: newIdentity(stack, conf),
		telemetry: telemetryEnvironment(stack, conf), emailKey: conf.emailKey,
	}
	made.failures = newBuckets(stack, made.queues)
	deployed := newFunctions(stack, conf, made)
	subscriptions := map[string]awslambda.EventSourceMapping{}
	for _, f := range subscribers {
		subscriptions[f.name] = subscribe(stack, f, deployed[f.name], made)
	}
	// A projector that starts may ask for what only the rebuilder of the same deployment can build.
	rebuilds := newRebuildMachine(stack, conf, deployed[rebuilder.name])
	deployed[projector.name].Node().AddDependency(rebuilds)
	newSchedules(stack, made.queues)
	api := newAPI(stack, conf, deployed, made.who)
	newSocketRoutes(stack, made.stage, deployed[socket.name])
	newOperations(stack, conf, operated{api: api.ApiId(), functions: deployed, subscriptions: subscriptions, rebuilds: rebuilds, made: made})
}

// resources are what functions work with.
type resources struct {
	tables   storedTables
	key      awskms.IKey // of the tables; nil where it is DynamoDB's own
	queues   stackQueues
	failures stackBuckets
	stage    awsapigatewayv2.WebSocketStage
	bus      *string // ARN of the integration events' bus
	// telemetry is what every function is told of metrics and traces.
	telemetry map[string]*string
	// emailKey keys e-mail addresses, "" = the stack's id.
	emailKey string
	// cursorKey is a reference to the secret that seals cursors.
	cursorKey *string
	// who says who callers are.
	who identity
}

// named gives the CloudFormation resource behind a construct the construct's own id as its logical id, see rename.
func named[C constructs.IConstruct](construct C) C {
	rename(construct, *construct.Node().Id())
	return construct
}

// rename sets the logical id of the CloudFormation resource behind a construct, and returns the resource. CDK would make one that ends in a hash;
// without it the template, the console and the local runner's log read like this code. A logical id that changes is a
// migration: CloudFormation makes a new, empty resource and drops the old one.
func rename(construct constructs.IConstruct, logicalID string) awscdk.CfnElement {
	resource, ok := construct.(awscdk.CfnElement)
	if !ok {
		resource = construct.Node().DefaultChild().(awscdk.CfnElement)
	}
	resource.OverrideLogicalId(jsii.String(logicalID))
	return resource
}

// tag says on the bill what a resource is part of. CloudFormation adds the stack's own tags.
func tag(construct constructs.IConstruct, component string) {
	awscdk.Tags_Of(construct).Add(jsii.String("component"), jsii.String(component), nil)
}

// output declares an output of the stack.
func output(stack awscdk.Stack, id string, value *string, description string) {
	awscdk.NewCfnOutput(stack, jsii.String(id), &awscdk.CfnOutputProps{Value: value, Description: jsii.String(description)})
}

// pascal turns the kebab case of declarations into the spelling of logical ids: product-counts into ProductCounts.
func pascal(kebab string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(kebab, "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
