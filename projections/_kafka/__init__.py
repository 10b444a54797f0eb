"""The ledgers on Kafka: out with the publisher, in with the consumer.

`_settings` is what can be configured, `_topic` makes and checks the topic, `_port` sends, `_tail` reads what a topic
holds. kafka-python is imported by these last three and by `_source` only.
"""
