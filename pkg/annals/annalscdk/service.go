package annalscdk

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigatewayv2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscognito"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdsql"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsopensearchserverless"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsscheduler"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/annals-es/annals/pkg/annals"
	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// Service is the stack of a service. Its fields are its parts: pass them to your own constructs, and grant permissions
// with CDK's methods. The comments have each part's logical id: your own constructs in the same stack need other ids.
type Service struct {
	// Stack is the stack. Add your own constructs to it.
	Stack awscdk.Stack
	// Declaration is the service's declaration, Settings are its settings with defaults filled in.
	Declaration *annals.Service
	Settings    Settings

	// Tables are the DynamoDB tables, by their names inside the service: "events", "orders" (OrdersTable).
	Tables map[string]awsdynamodb.TableV2
	// TablesKey encrypts the tables (TablesKey). It is nil if the key is DynamoDB's own.
	TablesKey awskms.IKey
	// SQLCluster is the cluster of Aurora DSQL for read models in SQL (SqlCluster). It is nil without such read
	// models, or if the settings name one.
	SQLCluster awsdsql.CfnCluster
	// SearchCollection is the collection of OpenSearch Serverless for read models in OpenSearch (SearchCollection).
	// It is nil without such read models, or if the settings name one.
	SearchCollection awsopensearchserverless.CfnCollection
	// Functions are the Lambda functions, each with its role and its log group.
	Functions map[annalsaws.Function]*Function
	// Queues are the SQS queues of the projector's jobs (CatchUpQueue) and of the reactor's (ReactionQueue).
	// DeadLetters are the queues of the jobs that failed each time (CatchUpDeadLetters, ReactionDeadLetters).
	Queues, DeadLetters map[annalsaws.Function]awssqs.Queue
	// Failures are the buckets for batches that the projector and the reactor could not process (ProjectorFailures,
	// ReactorFailures).
	Failures map[annalsaws.Function]awss3.Bucket
	// StreamSubscriptions send the event table's stream to the projector and the reactor (ProjectorSubscription,
	// ReactorSubscription). JobSubscriptions send them their jobs (CatchUpSubscription, ReactionSubscription).
	StreamSubscriptions, JobSubscriptions map[annalsaws.Function]awslambda.EventSourceMapping

	// API is the HTTP API (Api). Authorizer checks the tokens of its callers (ApiAuthorizer): use it for your own
	// routes.
	API        awsapigatewayv2.HttpApi
	Authorizer awsapigatewayv2.IHttpRouteAuthorizer
	// SocketAPI is the WebSocket API (SocketApi), SocketStage its stage (SocketStage).
	SocketAPI   awsapigatewayv2.WebSocketApi
	SocketStage awsapigatewayv2.WebSocketStage
	// Issuer is the OpenID issuer of callers' tokens, Audience the audience that they must have.
	Issuer   *string
	Audience []*string
	// UserPool is the Cognito user pool that issues tokens (UserPool). It and its clients are nil if the settings name
	// another issuer. Customers sign in by CustomersClient; operators' programs use OperatorsClient.
	UserPool                         awscognito.UserPool
	CustomersClient, OperatorsClient awscognito.UserPoolClient

	// EventBus is the bus of public events (EventBus), or the one in the settings.
	EventBus awsevents.IEventBus
	// RebuildMachine is the state machine that rebuilds read models (RebuildMachine).
	RebuildMachine awsstepfunctions.StateMachine
	// ForgetMachine is the state machine that forgets people (ForgetMachine). It is nil if events have no personal
	// data.
	ForgetMachine awsstepfunctions.StateMachine
	// Schedules are the daily reconciliations (ProjectorReconciliation, ReactorReconciliation).
	Schedules map[annalsaws.Function]awsscheduler.CfnSchedule
	// SchedulerRole is the role that sends the messages of all schedules to the queues (SchedulerRole).
	SchedulerRole awsiam.Role
	// DeadlineGroup is the group of the schedules that the reactor makes for deadlines, and of Recurrences
	// (Deadlines). It is nil if the service has neither timers nor recurring work.
	DeadlineGroup awsscheduler.CfnScheduleGroup
	// Recurrences are the schedules of recurring work, by name: "close-day" (CloseDayRecurrence).
	Recurrences map[string]awsscheduler.CfnSchedule
	// CursorKey is the secret that seals cursors (CursorKey). Secrets are the service's secrets that the stack makes,
	// by environment variable: EMAIL_KEY is EmailKeySecret.
	CursorKey awssecretsmanager.Secret
	Secrets   map[string]awssecretsmanager.Secret

	// AlarmTopic is the topic of the alarms (AlarmTopic): see [Service.Notify].
	AlarmTopic awssns.ITopic
	// Alarms are the alarms, by name: "ApiErrors" (ApiErrorsAlarm).
	Alarms map[string]awscloudwatch.Alarm
	// Dashboard is the dashboard (Dashboard). You can add widgets.
	Dashboard awscloudwatch.Dashboard

	plan plan
}

// New makes the stack of a service in an app or a stage. id is the stack's construct id. In CloudFormation, the stack
// is named after the service and its stage: Shop, Shop-prod. A stack has one service.
//
// Call [Service.Check] after the last addition. Synthesis also calls it, and fails with its error.
//
// Errors: those of the declaration, see [annals.Service.Check]; a setting that is not valid; a function that is not
// built; a limit of AWS that the service exceeds.
func New(scope constructs.Construct, id string, service *annals.Service, settings Settings) (*Service, error) {
	if err := service.Check(); err != nil {
		return nil, err
	}
	if err := settings.complete(service); err != nil {
		return nil, err
	}
	service = settings.on(service)
	if err := checkLimits(service, settings); err != nil {
		return nil, err
	}
	s := &Service{Declaration: service, Settings: settings, plan: planOf(service)}
	if err := checkStores(s.plan, settings); err != nil {
		return nil, err
	}
	s.Stack = awscdk.NewStack(scope, jsii.String(id), &awscdk.StackProps{
		StackName:   jsii.String(s.name()),
		Env:         settings.environment(),
		Tags:        s.tags(),
		Description: jsii.String("Event sourcing and CQRS on Lambda and DynamoDB"),
	})
	if len(settings.tried) > 0 {
		s.warn("annals:tried", "These settings apply to this deployment only: "+strings.Join(settings.tried, ", ")+
			". The next deployment drops them. To keep them, write them into "+stagesFile)
	}
	s.describe()
	s.addStores()
	s.addSQL()
	s.addSearch()
	s.addFunctions()
	s.addSearchAccess()
	s.subscribe()
	s.addRebuilds()
	s.addForgetting()
	s.addSchedules()
	s.addDeadlines()
	s.addAPI()
	s.addSocketRoutes()
	s.addOperations()
	s.Stack.Node().AddValidation(&validation{s})
	return s, nil
}

// addStores makes the resources that the functions use.
func (s *Service) addStores() {
	s.addKey()
	s.addTables()
	s.addQueues()
	s.addSocketAPI()
	s.addBus()
	s.addSecrets()
	s.addIdentity()
	s.addFailures()
}

// describe adds the service's description to the template, where tools find it.
func (s *Service) describe() {
	s.Stack.AddMetadata(jsii.String(annalsaws.MetadataKey), annalsaws.Describe(s.Declaration))
}

// name is the stack's name in CloudFormation.
func (s *Service) name() string { return s.Settings.stackName(s.Declaration) }

// tags are the tags of all resources.
func (s *Service) tags() *map[string]*string {
	tags := map[string]*string{"stack": jsii.String(s.name())}
	if s.Settings.Stage != "" {
		tags["stage"] = jsii.String(s.Settings.Stage)
	}
	return &tags
}

// warn adds a warning to the synthesis.
func (s *Service) warn(id, text string) {
	awscdk.Annotations_Of(s.Stack).AddWarningV2(jsii.String(id), jsii.String(text))
}
