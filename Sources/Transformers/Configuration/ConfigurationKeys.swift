// Keys of config.json, of any family, that do not describe the model.
import RetortStrictJSON

enum ConfigurationKeys {
  /// Keys that would change the computation, with the values that leave it as we do it.
  static let accepted: [String: [JSONTree]] = [
    "is_decoder": [.bool(false)],
    "is_encoder_decoder": [.bool(false)],
    "add_cross_attention": [.bool(false)],
    "cross_attention_hidden_size": [.null],
    "tie_word_embeddings": [.bool(true)],
    "tie_encoder_decoder": [.bool(false)],
    "pruned_heads": [.object([]), .null],
    "problem_type": [
      .null, .string("single_label_classification"), .string("regression"),
    ],
    "torch_dtype": storedTypes,
    "dtype": storedTypes,  // the name of torch_dtype from transformers 4.56 on
    "use_bfloat16": [.bool(false)],
    "quantization_config": [.null],
  ]

  /// Of the keys above those that bear on nothing but the masked-language head.
  static let ofMaskedLanguageHead: Set<String> = ["tie_word_embeddings"]

  /// How transformers names models that have no such head, after their family.
  static let withoutMaskedLanguageHead = ["ForSequenceClassification", "BertModel"]

  /// Names of one setting: where several are given, their values must be the same.
  static let synonyms: [[String]] = [["torch_dtype", "dtype"]]

  /// The types that weights were saved in: all of them are read, and computed with in float32.
  private static let storedTypes: [JSONTree] = [
    .null, .string("float32"), .string("float16"), .string("bfloat16"),
  ]

  /// Keys that change nothing of what the encoder and our heads compute: notes of where a model comes from,
  /// settings of training scripts, of text generation and of heads that are not built.
  static let withoutEffect: Set<String> = [
    "_name_or_path", "architectures", "transformers_version", "finetuning_task", "label2id",
    "task_specific_params", "tokenizer_class", "prefix", "custom_pipelines", "auto_map",
    "attn_implementation", "_attn_implementation", "_attn_implementation_autoset",
    "use_cache", "gradient_checkpointing", "output_past", "output_hidden_states",
    "output_attentions", "return_dict", "return_dict_in_generate", "output_scores", "torchscript",
    "chunk_size_feed_forward", "tf_legacy_loss", "model_max_length",
    "bos_token_id", "eos_token_id", "sep_token_id", "cls_token_id", "mask_token_id",
    "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id", "max_length",
    "min_length", "do_sample", "early_stopping", "num_beams", "num_beam_groups",
    "diversity_penalty", "temperature", "top_k", "top_p", "typical_p", "repetition_penalty",
    "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size", "bad_words_ids",
    "num_return_sequences", "exponential_decay_length_penalty", "suppress_tokens",
    "begin_suppress_tokens", "remove_invalid_values",
    "_commit_hash", "_num_labels", "eos_token_ids", "is_composition", "loss_type",
    "summary_activation",
    "summary_first_dropout", "summary_proj_to_labels", "summary_type", "summary_use_proj",
    "unk_token_id", "xla_device",
    "sbert_ce_default_activation_function", "sentence_transformers", "transformers.js_config",
  ]
}
