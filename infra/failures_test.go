package main

import "testing"

// objectsOf names all objects of a bucket.
func objectsOf(bucket string) object {
	return object{"Fn::Join": list{"", list{getAtt(bucket, "Arn"), "/*"}}}
}

// Batches that a subscription gave up are kept for 30 days, encrypted, for this account only, and reported to the
// function's jobs.
func TestBuckets(t *testing.T) {
	for id, jobs := range map[string]string{"ProjectorFailures": "CatchUpQueue", "ReactorFailures": "ReactionQueue"} {
		bucket := arm64.resource(t, id, "AWS::S3::Bucket")
		same(t, id, object{
			"BucketEncryption": object{"ServerSideEncryptionConfiguration": list{
				object{"ServerSideEncryptionByDefault": object{"SSEAlgorithm": "AES256"}},
			}},
			"PublicAccessBlockConfiguration": object{
				"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
			},
			"LifecycleConfiguration": object{"Rules": list{object{"ExpirationInDays": 30.0, "Status": "Enabled"}}},
			"NotificationConfiguration": object{
				"QueueConfigurations": list{object{"Event": "s3:ObjectCreated:*", "Queue": getAtt(jobs, "Arn")}},
			},
		}, bucket.Properties)
		same(t, "deletion", []string{"Retain", "Retain"}, []string{bucket.DeletionPolicy, bucket.UpdateReplacePolicy})
		same(t, "depends on", []string{jobs + "Policy"}, bucket.DependsOn) // S3 checks the queue when the bucket is created
		same(t, id+"Policy", object{
			"Bucket": ref(id),
			"PolicyDocument": object{"Version": "2012-10-17", "Statement": list{object{
				"Effect": "Deny", "Action": "s3:*", "Principal": object{"AWS": "*"},
				"Resource":  list{getAtt(id, "Arn"), objectsOf(id)},
				"Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
			}}},
		}, arm64.resource(t, id+"Policy", "AWS::S3::BucketPolicy").Properties)
		same(t, "output", any(ref(id)), arm64.template.Outputs[id+"Name"].Value)
	}
	same(t, "buckets", []string{"ProjectorFailures", "ReactorFailures"}, arm64.ids("AWS::S3::Bucket"))
	same(t, "policies", []string{"ProjectorFailuresPolicy", "ReactorFailuresPolicy"}, arm64.ids("AWS::S3::BucketPolicy"))
}
