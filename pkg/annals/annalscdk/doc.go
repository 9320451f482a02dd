// Package annalscdk makes the CloudFormation stack of a service from its declaration: tables, functions with their
// roles, APIs,
// queues, alarms. An app of some lines calls [Main]; an app of your own calls [New]. Both give a [Service], whose
// fields
// are the stack's parts, for what a team adds.
package annalscdk
