package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// added checks that what a team added to the stack (additions) works, and that it allows no more than it says.
func (r *run) added(ctx context.Context) error {
	return errors.Join(r.photos(ctx), r.letters(ctx), r.head(ctx), r.oldLetters(ctx))
}

// the returns the physical id of an addition, whose logical id CDK ends with a hash.
func (r *run) the(addition, kind string) (string, error) {
	for id, one := range r.resources {
		if strings.HasPrefix(id, addition) && one.ResourceType == kind {
			return one.PhysicalResourceID, nil
		}
	}
	return "", fmt.Errorf("the stack has no %s %s", kind, addition)
}

// ask is a request that is sent with the role of one of the kit's functions.
type ask struct {
	as, service, operation string
	with                   object
	denied                 bool
}

// asks sends a request with a role, and checks that it is allowed, or that it is denied.
func (r *run) asks(ctx context.Context, q ask) error {
	function, err := r.the("AsksAs"+q.as, "AWS::Lambda::Function")
	if err != nil {
		return err
	}
	payload, err := marshal(object{"service": q.service, "operation": q.operation, "with": q.with})
	if err != nil {
		return err
	}
	var said string
	invocation := object{"FunctionName": function, "Payload": string(payload)}
	if err := r.aws(ctx, &said, "lambda", "invoke", invocation, "Payload"); err != nil {
		return err
	}
	want := "done"
	if q.denied {
		want = "AccessDenied"
	}
	if !strings.Contains(said, want) {
		return fmt.Errorf("%s %s with %sRole: %s, want %s", q.service, q.operation, q.as, said, want)
	}
	return nil
}

func (r *run) asksAll(ctx context.Context, all ...ask) error {
	for _, q := range all {
		if err := r.asks(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// variable returns an environment variable of a deployed function.
func (r *run) variable(ctx context.Context, function, name string) (value string, err error) {
	err = r.aws(ctx, &value, "lambda", "get_function_configuration",
		object{"FunctionName": r.resources[function].PhysicalResourceID}, "Environment.Variables."+name)
	return value, err
}

// photos checks that the command function's role may read the bucket, and may not change it.
func (r *run) photos(ctx context.Context) error {
	bucket, err := r.the("Photos", "AWS::S3::Bucket")
	if err != nil {
		return err
	}
	told, err := r.variable(ctx, "CommandFunction", "PHOTOS_BUCKET")
	if err == nil && told != bucket {
		err = fmt.Errorf("PHOTOS_BUCKET of the command function is %q, want %q", told, bucket)
	}
	if err != nil {
		return err
	}
	photo := object{"Bucket": bucket, "Key": "tea.jpg"}
	put := object{"Bucket": bucket, "Key": "tea.jpg", "Body": "green"}
	return errors.Join(
		r.aws(ctx, nil, "s3", "put_object", put, ""),
		r.asksAll(ctx,
			ask{as: "Command", service: "s3", operation: "get_object", with: photo},
			ask{as: "Command", service: "s3", operation: "list_objects_v2", with: object{"Bucket": bucket}},
			ask{as: "Command", service: "s3", operation: "put_object", with: put, denied: true},
			ask{as: "Command", service: "s3", operation: "delete_object", with: photo, denied: true},
			ask{as: "Reactor", service: "s3", operation: "get_object", with: photo, denied: true},
		),
		r.aws(ctx, nil, "s3", "delete_object", photo, ""))
}

// letters checks that the reactor's role may send to the queue, and that the team's function receives what it sends and
// reads a read table.
func (r *run) letters(ctx context.Context) error {
	url, err := r.variable(ctx, "ReactorFunction", "LETTERS_QUEUE_URL")
	if err != nil {
		return err
	}
	letter := object{"QueueUrl": url, "MessageBody": "ada"}
	if err := r.asksAll(ctx,
		ask{as: "Reactor", service: "sqs", operation: "send_message", with: letter},
		ask{as: "Reactor", service: "sqs", operation: "receive_message", with: object{"QueueUrl": url}, denied: true},
		ask{as: "Command", service: "sqs", operation: "send_message", with: letter, denied: true},
	); err != nil {
		return err
	}
	group, err := r.the("PrinterLogs", "AWS::Logs::LogGroup")
	if err != nil {
		return err
	}
	return eventually(ctx, func() error {
		var said []string
		err := r.aws(ctx, &said, "logs", "filter_log_events", object{"logGroupName": group}, "events[].message")
		all := strings.Join(said, "\n")
		if err == nil && (!strings.Contains(all, "a letter to ada") || strings.Contains(all, " 0 rows")) {
			err = fmt.Errorf("the team's function says %q, want a letter to ada and rows of the orders", all)
		}
		return err
	})
}

// head checks that the reactor's role may read the parameter that a statement names, and no other role may.
func (r *run) head(ctx context.Context) error {
	name := object{"Name": "/letters/head"}
	return errors.Join(
		r.aws(ctx, nil, "ssm", "put_parameter", object{"Name": name["Name"], "Value": "Shop", "Type": "String"}, ""),
		r.asksAll(ctx,
			ask{as: "Reactor", service: "ssm", operation: "get_parameter", with: name},
			ask{as: "Reactor", service: "ssm", operation: "delete_parameter", with: name, denied: true},
			ask{as: "Command", service: "ssm", operation: "get_parameter", with: name, denied: true},
		),
		r.aws(ctx, nil, "ssm", "delete_parameter", name, ""))
}

// oldLetters checks that the alarm watches the queue, and that it goes to the topic of the kit's alarms.
func (r *run) oldLetters(ctx context.Context) error {
	alarm, err := r.the("OldLetters", "AWS::CloudWatch::Alarm")
	if err != nil {
		return err
	}
	const queue, reason = "alarmed", "a letter is old"
	endpoint := "arn:aws:sqs:" + region + ":000000000000:" + queue
	of, state := object{"AlarmNames": []any{alarm}}, object{
		"AlarmName": alarm, "StateValue": "ALARM", "StateReason": reason,
	}
	policy, err := marshal(object{"Version": "2012-10-17", "Statement": []any{object{
		"Effect": "Allow", "Principal": object{"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
		"Resource": endpoint,
	}}})
	if err != nil {
		return err
	}
	var watched, url, subscription string
	if err := errors.Join(
		r.aws(ctx, &watched, "cloudwatch", "describe_alarms", of, "MetricAlarms[0].Dimensions[0].Value"),
		r.aws(ctx, &url, "sqs", "create_queue",
			object{"QueueName": queue, "Attributes": object{"Policy": string(policy)}}, "QueueUrl"),
		r.aws(ctx, &subscription, "sns", "subscribe",
			object{"TopicArn": r.outputs["AlarmTopicArn"], "Protocol": "sqs", "Endpoint": endpoint}, "SubscriptionArn"),
		r.aws(ctx, nil, "cloudwatch", "set_alarm_state", state, ""),
	); err != nil {
		return err
	}
	if !strings.Contains(watched, "Letters") {
		return fmt.Errorf("the alarm %s watches the queue %q, want Letters", alarm, watched)
	}
	err = eventually(ctx, func() error {
		var got []string
		err := r.aws(ctx, &got, "sqs", "receive_message", object{"QueueUrl": url}, "Messages[].Body")
		if err == nil && len(linesWith(strings.Join(got, "\n"), reason)) == 0 {
			err = fmt.Errorf("the alarm topic delivered %q, want the alarm", got)
		}
		return err
	})
	return errors.Join(err,
		r.aws(ctx, nil, "sns", "unsubscribe", object{"SubscriptionArn": subscription}, ""),
		r.aws(ctx, nil, "sqs", "delete_queue", object{"QueueUrl": url}, ""))
}
