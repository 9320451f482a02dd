// Package annalscdk makes the CloudFormation stack of a service from its declaration: tables, functions with their
// roles, APIs, queues and alarms. Start with [Main], the whole CDK app, or with [New] in an app of your own. Both give
// a [Service], whose fields are the stack's parts, to which a team can add its own.
package annalscdk
