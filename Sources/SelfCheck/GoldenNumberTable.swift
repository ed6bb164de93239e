/// 280 norms and projections that torch 2.4.0 and transformers 4.44.2 computed in float64
/// (numpy 1.26.4; inputs by integer hash, dropout masks of seed 20240907); see `GoldenNumbers`.
///
/// Written by Tests/Peers/make_golden_numbers.py, which describes the format: do not edit.
enum GoldenNumberTable {
  static let torch = "2.4.0"
  static let transformers = "4.44.2"

  static let text = """
    [linear]
    9.329533371e+01 2.764551129e+01 output
    8.590942660e+01 -1.740621813e+01 ∂input
    8.603367295e+01 3.228751777e+01 ∂weight
    3.190251183e+01 -1.120057004e+01 ∂bias
    [GELU]
    7.441809857e+01 -7.858080320e-01 output
    9.785864099e+00 3.340602234e+00 ∂input
    [tanh]
    4.063660984e+01 7.641365276e+00 output
    5.708394109e+00 1.963698408e+00 ∂input
    [ReLU]
    7.676859353e+01 -1.187798188e+01 output
    9.660210347e+00 2.608121439e+00 ∂input
    [layer norm]
    5.758026774e+01 1.059850809e+01 output
    1.404838231e+01 4.671311028e-01 ∂input
    1.481311363e+01 -4.824321194e+00 ∂scale
    1.605697264e+01 -5.008186546e+00 ∂shift
    [layer norm of a sum with dropout]
    5.896605230e+01 1.648264541e+01 output
    9.309145636e+00 1.705215429e+00 ∂input
    1.547145998e+01 -6.428213378e-01 ∂scale
    1.556064073e+01 3.476701407e+00 ∂shift
    1.067067480e+01 3.299718800e-01 ∂residual
    [attention]
    2.504659416e+01 -5.013078481e-01 output
    1.063559417e+01 8.890094981e+00 ∂queries, keys and values
    [attention with dropout]
    3.179191626e+01 -3.962485503e+00 output
    1.242773723e+01 -3.709811972e+00 ∂queries, keys and values
    [attention of first rows]
    1.063753284e+01 1.661349957e+00 output
    1.436610386e+00 4.532574157e-01 ∂queries
    2.887738918e+00 -3.025420641e-01 ∂keys and values
    [embedding]
    2.760348450e+01 3.419659195e+00 output
    1.624616459e+01 2.133700943e+00 ∂words
    1.588573354e+01 1.622464933e-01 ∂positions
    1.529760795e+01 6.750619249e-01 ∂token types
    [selected rows]
    4.442341335e+00 -1.127368871e+00 output
    4.647670000e+00 1.240806688e-01 ∂input
    [dropout]
    1.849997033e+01 1.025281247e+01 output
    1.834469159e+01 4.569081428e+00 ∂input
    [dropout masks]
    7.475961477e+01 1.405728656e+01 kept units
    [cross entropy]
    5.456792751e+01 1.224101374e+01 losses
    1.475004408e-01 -5.258364301e-02 ∂logits
    [masked language objective]
    8.127651528e+00 -3.969545348e+00 loss
    4.669598378e-01 2.968104676e-01 ∂hidden states
    8.990466574e-01 -2.071916056e-01 ∂decoder
    2.225341688e-01 -6.308614823e-02 ∂bias
    [soft target objective]
    1.277988147e+00 -6.241694645e-01 loss
    4.608218224e-02 2.146696307e-02 ∂hidden states
    3.276970698e-02 1.160006144e-02 ∂decoder
    1.342057142e-02 -1.828551279e-03 ∂bias
    [top-k soft target objective]
    8.536195138e+00 -4.169078065e+00 loss
    1.186474671e-01 1.876164690e-02 ∂hidden states
    2.280305059e-01 -1.304278556e-02 ∂decoder
    4.749396482e-02 -1.005246483e-03 ∂bias
    [cosine]
    7.959334435e+00 9.720493473e-01 losses
    6.341796324e-02 -1.547896475e-02 ∂student
    [gradient norm]
    1.053785563e+01 -5.146689132e+00 step 1
    1.088501913e+01 -5.316243799e+00 step 2
    1.025355633e+01 -5.007837343e+00 step 3
    [AdamW]
    7.979756574e-01 3.483781923e-01 change of weight
    1.159959066e-01 -1.711378349e-02 first moment of weight
    1.311271953e-03 -2.606080372e-04 second moment of weight
    1.920361004e-01 -3.148078894e-02 change of bias
    1.113031182e-01 5.124857946e-02 first moment of bias
    6.031819442e-03 8.773513335e-04 second moment of bias
    [BERT, classification]
    5.663039951e+01 -3.220740709e+01 hidden state 0
    5.889719059e+01 -1.316511382e+01 hidden state 1
    5.369562872e+01 -3.149841122e+01 hidden state 2
    2.956492303e+00 1.428746653e+00 logits
    1.480633722e+00 -7.231415720e-01 loss, step 1
    1.831077687e+00 9.458512863e-01 ∂bert.embeddings.word_embeddings.weight
    1.935175443e+00 -1.654824338e-01 ∂bert.embeddings.position_embeddings.weight
    3.125917706e+00 -1.898527900e-01 ∂bert.embeddings.token_type_embeddings.weight
    5.777835881e-01 -1.958278477e-01 ∂bert.embeddings.LayerNorm.weight
    7.453174212e-01 -6.247587424e-02 ∂bert.embeddings.LayerNorm.bias
    6.241313689e-01 -3.609220248e-02 ∂bert.encoder.layer.0.attention.self.query.weight
    9.774833872e-02 -1.153545643e-02 ∂bert.encoder.layer.0.attention.self.query.bias
    6.247381860e-01 1.859255976e-01 ∂bert.encoder.layer.0.attention.self.key.weight
    0.000000000e+00 0.000000000e+00 ∂bert.encoder.layer.0.attention.self.key.bias
    2.530895775e+00 -4.380416922e-01 ∂bert.encoder.layer.0.attention.self.value.weight
    5.351125116e-01 1.365871965e-01 ∂bert.encoder.layer.0.attention.self.value.bias
    2.305304366e+00 -4.917169250e-01 ∂bert.encoder.layer.0.attention.output.dense.weight
    5.180638984e-01 -6.783098966e-02 ∂bert.encoder.layer.0.attention.output.dense.bias
    6.875138134e-01 -2.969015697e-01 ∂bert.encoder.layer.0.attention.output.LayerNorm.weight
    6.674104350e-01 -7.633734105e-02 ∂bert.encoder.layer.0.attention.output.LayerNorm.bias
    2.584255674e+00 9.233622757e-01 ∂bert.encoder.layer.0.intermediate.dense.weight
    4.365079606e-01 9.412129750e-02 ∂bert.encoder.layer.0.intermediate.dense.bias
    2.681135186e+00 -2.400765000e-02 ∂bert.encoder.layer.0.output.dense.weight
    4.440151015e-01 -5.355637033e-02 ∂bert.encoder.layer.0.output.dense.bias
    4.473252060e-01 -6.158645938e-02 ∂bert.encoder.layer.0.output.LayerNorm.weight
    6.030601087e-01 -5.585791960e-02 ∂bert.encoder.layer.0.output.LayerNorm.bias
    3.767578526e-01 -2.593537560e-01 ∂bert.encoder.layer.1.attention.self.query.weight
    4.792101456e-02 1.423478616e-02 ∂bert.encoder.layer.1.attention.self.query.bias
    5.259324071e-01 -5.884267226e-02 ∂bert.encoder.layer.1.attention.self.key.weight
    0.000000000e+00 0.000000000e+00 ∂bert.encoder.layer.1.attention.self.key.bias
    2.146849414e+00 8.502344090e-03 ∂bert.encoder.layer.1.attention.self.value.weight
    3.836343744e-01 4.203261504e-02 ∂bert.encoder.layer.1.attention.self.value.bias
    2.397244113e+00 -2.016378635e-01 ∂bert.encoder.layer.1.attention.output.dense.weight
    3.623154049e-01 -4.415220448e-02 ∂bert.encoder.layer.1.attention.output.dense.bias
    5.347026524e-01 -1.772257601e-01 ∂bert.encoder.layer.1.attention.output.LayerNorm.weight
    6.191562374e-01 -7.866549092e-02 ∂bert.encoder.layer.1.attention.output.LayerNorm.bias
    2.240273292e+00 -8.714097955e-01 ∂bert.encoder.layer.1.intermediate.dense.weight
    3.328864440e-01 3.545861936e-02 ∂bert.encoder.layer.1.intermediate.dense.bias
    2.311824780e+00 -1.305848883e-01 ∂bert.encoder.layer.1.output.dense.weight
    4.118545463e-01 6.521789408e-03 ∂bert.encoder.layer.1.output.dense.bias
    5.527232872e-01 -3.604767451e-01 ∂bert.encoder.layer.1.output.LayerNorm.weight
    5.231031421e-01 -1.806081771e-02 ∂bert.encoder.layer.1.output.LayerNorm.bias
    2.569199120e+00 -1.696178755e-01 ∂bert.pooler.dense.weight
    4.078988531e-01 9.436279550e-02 ∂bert.pooler.dense.bias
    2.153590147e+00 -1.199937590e+00 ∂classifier.weight
    5.345318049e-01 9.031155048e-02 ∂classifier.bias
    9.010935168e+00 -4.400941115e+00 gradient norm, step 1
    1.371389376e+00 -6.697866290e-01 loss, step 2
    4.761891560e+00 -2.325708038e+00 gradient norm, step 2
    8.508651128e-01 -4.155625569e-01 loss, step 3
    3.549259757e+00 -1.733458614e+00 gradient norm, step 3
    4.582271249e-01 -2.237981471e-01 loss, step 4
    2.302387369e+00 -1.124486088e+00 gradient norm, step 4
    [BERT, masked language]
    5.663039951e+01 -3.220740709e+01 hidden state 0
    5.889719059e+01 -1.316511382e+01 hidden state 1
    5.369562872e+01 -3.149841122e+01 hidden state 2
    1.203259473e+02 5.203737299e+00 logits
    6.435945298e+00 -3.143315954e+00 loss, step 1
    2.552502991e+00 4.050855072e-01 ∂bert.embeddings.word_embeddings.weight
    1.165799872e+00 -6.766670558e-02 ∂bert.embeddings.position_embeddings.weight
    1.995932597e+00 -2.256061664e-01 ∂bert.embeddings.token_type_embeddings.weight
    3.111213505e-01 -4.666179696e-02 ∂bert.embeddings.LayerNorm.weight
    4.445351932e-01 -5.417589153e-02 ∂bert.embeddings.LayerNorm.bias
    4.595780798e-01 1.475425066e-02 ∂bert.encoder.layer.0.attention.self.query.weight
    6.747359833e-02 1.861346834e-02 ∂bert.encoder.layer.0.attention.self.query.bias
    4.898379588e-01 -1.504328287e-01 ∂bert.encoder.layer.0.attention.self.key.weight
    0.000000000e+00 0.000000000e+00 ∂bert.encoder.layer.0.attention.self.key.bias
    1.327682478e+00 1.500479926e-01 ∂bert.encoder.layer.0.attention.self.value.weight
    3.053804625e-01 -2.559331561e-02 ∂bert.encoder.layer.0.attention.self.value.bias
    1.562990811e+00 6.028123842e-01 ∂bert.encoder.layer.0.attention.output.dense.weight
    3.511850797e-01 -1.415306165e-02 ∂bert.encoder.layer.0.attention.output.dense.bias
    3.427262214e-01 -2.255500477e-02 ∂bert.encoder.layer.0.attention.output.LayerNorm.weight
    4.222621287e-01 -1.216317730e-02 ∂bert.encoder.layer.0.attention.output.LayerNorm.bias
    1.794971436e+00 4.864942684e-01 ∂bert.encoder.layer.0.intermediate.dense.weight
    3.037675120e-01 -2.776125765e-03 ∂bert.encoder.layer.0.intermediate.dense.bias
    1.881104658e+00 -3.994477658e-01 ∂bert.encoder.layer.0.output.dense.weight
    2.946742483e-01 -5.393793900e-02 ∂bert.encoder.layer.0.output.dense.bias
    3.788358173e-01 -1.412711811e-01 ∂bert.encoder.layer.0.output.LayerNorm.weight
    3.937882387e-01 -7.624638120e-02 ∂bert.encoder.layer.0.output.LayerNorm.bias
    3.591402580e-01 1.075048592e-02 ∂bert.encoder.layer.1.attention.self.query.weight
    4.812413303e-02 2.477980143e-02 ∂bert.encoder.layer.1.attention.self.query.bias
    4.139367904e-01 -9.556265562e-02 ∂bert.encoder.layer.1.attention.self.key.weight
    0.000000000e+00 0.000000000e+00 ∂bert.encoder.layer.1.attention.self.key.bias
    1.612706896e+00 3.707304383e-01 ∂bert.encoder.layer.1.attention.self.value.weight
    3.087766296e-01 -2.394014215e-02 ∂bert.encoder.layer.1.attention.self.value.bias
    1.937741819e+00 3.978451483e-01 ∂bert.encoder.layer.1.attention.output.dense.weight
    3.053937863e-01 -8.147508627e-02 ∂bert.encoder.layer.1.attention.output.dense.bias
    3.136585228e-01 -1.110590324e-01 ∂bert.encoder.layer.1.attention.output.LayerNorm.weight
    4.684236429e-01 -1.016943835e-01 ∂bert.encoder.layer.1.attention.output.LayerNorm.bias
    2.073607862e+00 -6.897557390e-01 ∂bert.encoder.layer.1.intermediate.dense.weight
    3.189427354e-01 8.461496630e-03 ∂bert.encoder.layer.1.intermediate.dense.bias
    1.838016280e+00 -5.298403094e-03 ∂bert.encoder.layer.1.output.dense.weight
    3.773554293e-01 -1.174631488e-01 ∂bert.encoder.layer.1.output.dense.bias
    3.443939213e-01 1.373311038e-01 ∂bert.encoder.layer.1.output.LayerNorm.weight
    4.481742926e-01 -1.683024341e-01 ∂bert.encoder.layer.1.output.LayerNorm.bias
    3.165217394e-01 -2.588733459e-03 ∂cls.predictions.bias
    2.433220122e+00 -7.129446386e-01 ∂cls.predictions.transform.dense.weight
    3.751053644e-01 1.238385444e-01 ∂cls.predictions.transform.dense.bias
    3.503870790e-01 6.311816353e-02 ∂cls.predictions.transform.LayerNorm.weight
    3.624864856e-01 1.084820726e-01 ∂cls.predictions.transform.LayerNorm.bias
    6.810764068e+00 -3.326377457e+00 gradient norm, step 1
    4.797562381e+00 -2.343129669e+00 loss, step 2
    4.702392483e+00 -2.296648686e+00 gradient norm, step 2
    3.898606621e+00 -1.904079638e+00 loss, step 3
    4.315223063e+00 -2.107555125e+00 gradient norm, step 3
    3.404496250e+00 -1.662756112e+00 loss, step 4
    4.813010791e+00 -2.350674673e+00 gradient norm, step 4
    [DistilBERT, classification]
    5.603819530e+01 -2.587064620e+00 hidden state 0
    5.850728100e+01 1.859480109e+01 hidden state 1
    5.598378389e+01 2.838844725e+01 hidden state 2
    2.370354900e+00 7.984347389e-01 logits
    1.648051907e+00 -8.049086205e-01 loss, step 1
    2.116767073e+00 3.127915707e-01 ∂distilbert.embeddings.word_embeddings.weight
    2.002987936e+00 5.862863124e-01 ∂distilbert.embeddings.position_embeddings.weight
    4.397221439e-01 2.092119608e-01 ∂distilbert.embeddings.LayerNorm.weight
    5.662478072e-01 3.222273140e-01 ∂distilbert.embeddings.LayerNorm.bias
    1.073172194e+00 -2.785969881e-01 ∂distilbert.transformer.layer.0.attention.q_lin.weight
    1.790290521e-01 2.013462552e-02 ∂distilbert.transformer.layer.0.attention.q_lin.bias
    1.254138422e+00 2.517019208e-01 ∂distilbert.transformer.layer.0.attention.k_lin.weight
    0.000000000e+00 0.000000000e+00 ∂distilbert.transformer.layer.0.attention.k_lin.bias
    1.467473314e+00 4.628803317e-02 ∂distilbert.transformer.layer.0.attention.v_lin.weight
    3.949878806e-01 7.932767414e-02 ∂distilbert.transformer.layer.0.attention.v_lin.bias
    1.638372370e+00 4.497692367e-02 ∂distilbert.transformer.layer.0.attention.out_lin.weight
    3.879157620e-01 2.054664655e-01 ∂distilbert.transformer.layer.0.attention.out_lin.bias
    3.271275513e-01 4.020216153e-02 ∂distilbert.transformer.layer.0.sa_layer_norm.weight
    4.648840620e-01 2.568324727e-01 ∂distilbert.transformer.layer.0.sa_layer_norm.bias
    1.941680588e+00 2.322246042e-01 ∂distilbert.transformer.layer.0.ffn.lin1.weight
    2.982733883e-01 -9.448560085e-02 ∂distilbert.transformer.layer.0.ffn.lin1.bias
    2.155457386e+00 1.139390212e-01 ∂distilbert.transformer.layer.0.ffn.lin2.weight
    3.619436054e-01 2.397522730e-01 ∂distilbert.transformer.layer.0.ffn.lin2.bias
    3.290195610e-01 -2.450649715e-02 ∂distilbert.transformer.layer.0.output_layer_norm.weight
    4.289057276e-01 2.889930945e-01 ∂distilbert.transformer.layer.0.output_layer_norm.bias
    5.105720275e-01 8.397577686e-02 ∂distilbert.transformer.layer.1.attention.q_lin.weight
    6.266177661e-02 -8.863339228e-03 ∂distilbert.transformer.layer.1.attention.q_lin.bias
    5.818329722e-01 1.505623976e-01 ∂distilbert.transformer.layer.1.attention.k_lin.weight
    0.000000000e+00 0.000000000e+00 ∂distilbert.transformer.layer.1.attention.k_lin.bias
    1.512496865e+00 3.455861447e-01 ∂distilbert.transformer.layer.1.attention.v_lin.weight
    2.989168450e-01 3.320860382e-02 ∂distilbert.transformer.layer.1.attention.v_lin.bias
    1.448763741e+00 4.984987882e-02 ∂distilbert.transformer.layer.1.attention.out_lin.weight
    2.731654535e-01 2.350997748e-01 ∂distilbert.transformer.layer.1.attention.out_lin.bias
    3.407225603e-01 6.792654489e-02 ∂distilbert.transformer.layer.1.sa_layer_norm.weight
    3.588490199e-01 2.950785661e-01 ∂distilbert.transformer.layer.1.sa_layer_norm.bias
    2.001297548e+00 -1.000985555e-02 ∂distilbert.transformer.layer.1.ffn.lin1.weight
    2.399764452e-01 -1.867370325e-02 ∂distilbert.transformer.layer.1.ffn.lin1.bias
    1.684237713e+00 3.447391068e-01 ∂distilbert.transformer.layer.1.ffn.lin2.weight
    2.164673664e-01 1.118202802e-01 ∂distilbert.transformer.layer.1.ffn.lin2.bias
    3.337822680e-01 -1.463644617e-01 ∂distilbert.transformer.layer.1.output_layer_norm.weight
    3.581126576e-01 1.731038693e-01 ∂distilbert.transformer.layer.1.output_layer_norm.bias
    2.633742808e+00 1.165639276e+00 ∂pre_classifier.weight
    3.293194906e-01 1.755677192e-01 ∂pre_classifier.bias
    2.208408445e+00 4.666339987e-01 ∂classifier.weight
    3.621817711e-01 8.782504791e-02 ∂classifier.bias
    7.127182015e+00 -3.480915996e+00 gradient norm, step 1
    6.034033161e-01 -2.947022049e-01 loss, step 2
    2.314797495e+00 -1.130547194e+00 gradient norm, step 2
    3.348675672e-01 -1.635493339e-01 loss, step 3
    1.536911344e+00 -7.506275651e-01 gradient norm, step 3
    1.830184514e-01 -8.938621934e-02 loss, step 4
    8.958366968e-01 -4.375266804e-01 gradient norm, step 4
    [DistilBERT, distilled from BERT]
    5.603819530e+01 -2.587064620e+00 hidden state 0
    5.850728100e+01 1.859480109e+01 hidden state 1
    5.598378389e+01 2.838844725e+01 hidden state 2
    1.297788169e+02 -4.253945641e+01 logits
    1.202579135e+00 -5.873397000e-01 soft targets, step 1
    7.018512306e+00 -3.427841706e+00 masked language, step 1
    9.478106731e-01 -4.629107726e-01 cosine, step 1
    6.432735134e+00 -1.305912660e+00 ∂distilbert.embeddings.word_embeddings.weight
    3.689187746e+00 9.620194790e-02 ∂distilbert.embeddings.position_embeddings.weight
    8.010270426e-01 1.717812842e-02 ∂distilbert.embeddings.LayerNorm.weight
    1.262399775e+00 9.522904895e-01 ∂distilbert.embeddings.LayerNorm.bias
    1.564944817e+00 5.818174240e-01 ∂distilbert.transformer.layer.0.attention.q_lin.weight
    2.554420290e-01 -4.512486998e-03 ∂distilbert.transformer.layer.0.attention.q_lin.bias
    1.660847479e+00 -2.260685239e-02 ∂distilbert.transformer.layer.0.attention.k_lin.weight
    0.000000000e+00 0.000000000e+00 ∂distilbert.transformer.layer.0.attention.k_lin.bias
    2.079084077e+00 -3.013916439e-01 ∂distilbert.transformer.layer.0.attention.v_lin.weight
    7.262471162e-01 7.114322689e-03 ∂distilbert.transformer.layer.0.attention.v_lin.bias
    2.468260341e+00 8.604402392e-01 ∂distilbert.transformer.layer.0.attention.out_lin.weight
    7.755400964e-01 4.379035614e-01 ∂distilbert.transformer.layer.0.attention.out_lin.bias
    6.854848634e-01 -1.329113662e-01 ∂distilbert.transformer.layer.0.sa_layer_norm.weight
    8.955940247e-01 5.000769081e-01 ∂distilbert.transformer.layer.0.sa_layer_norm.bias
    3.419100875e+00 -1.199139691e+00 ∂distilbert.transformer.layer.0.ffn.lin1.weight
    5.125409770e-01 3.098147651e-01 ∂distilbert.transformer.layer.0.ffn.lin1.bias
    3.716614213e+00 1.339635809e-01 ∂distilbert.transformer.layer.0.ffn.lin2.weight
    5.933035948e-01 2.622145721e-01 ∂distilbert.transformer.layer.0.ffn.lin2.bias
    6.546746487e-01 -2.496891718e-01 ∂distilbert.transformer.layer.0.output_layer_norm.weight
    7.805631374e-01 3.036481052e-01 ∂distilbert.transformer.layer.0.output_layer_norm.bias
    1.113727517e+00 -1.620485931e-01 ∂distilbert.transformer.layer.1.attention.q_lin.weight
    1.281587284e-01 -4.580127652e-02 ∂distilbert.transformer.layer.1.attention.q_lin.bias
    1.311469660e+00 3.455032523e-01 ∂distilbert.transformer.layer.1.attention.k_lin.weight
    0.000000000e+00 0.000000000e+00 ∂distilbert.transformer.layer.1.attention.k_lin.bias
    2.315530359e+00 3.513561884e-01 ∂distilbert.transformer.layer.1.attention.v_lin.weight
    6.009835822e-01 1.333793449e-03 ∂distilbert.transformer.layer.1.attention.v_lin.bias
    2.260761452e+00 -6.609496083e-01 ∂distilbert.transformer.layer.1.attention.out_lin.weight
    5.352895086e-01 1.351241153e-01 ∂distilbert.transformer.layer.1.attention.out_lin.bias
    6.271523291e-01 -2.510301050e-01 ∂distilbert.transformer.layer.1.sa_layer_norm.weight
    7.196102132e-01 1.544686605e-01 ∂distilbert.transformer.layer.1.sa_layer_norm.bias
    3.697017935e+00 4.324674355e-01 ∂distilbert.transformer.layer.1.ffn.lin1.weight
    4.888004878e-01 -2.092805417e-01 ∂distilbert.transformer.layer.1.ffn.lin1.bias
    3.488494109e+00 1.023829786e+00 ∂distilbert.transformer.layer.1.ffn.lin2.weight
    5.305543687e-01 1.687334938e-01 ∂distilbert.transformer.layer.1.ffn.lin2.bias
    6.551066706e-01 -5.629127326e-02 ∂distilbert.transformer.layer.1.output_layer_norm.weight
    7.745569634e-01 2.074363057e-01 ∂distilbert.transformer.layer.1.output_layer_norm.bias
    5.296522938e+00 -3.949756546e-01 ∂vocab_transform.weight
    7.509205589e-01 1.736391329e-01 ∂vocab_transform.bias
    2.087747406e+00 -7.125718179e-02 ∂vocab_layer_norm.weight
    1.089530251e+00 -2.662047730e-01 ∂vocab_layer_norm.bias
    7.610538519e-01 2.216253108e-01 ∂vocab_projector.bias
    1.340177056e+01 -6.545425307e+00 gradient norm, step 1
    9.814807218e-01 -4.793552258e-01 soft targets, step 2
    4.824719010e+00 -2.356392967e+00 masked language, step 2
    8.817771997e-01 -4.306600214e-01 cosine, step 2
    9.509424879e+00 -4.644403511e+00 gradient norm, step 2
    8.900215020e-01 -4.346865390e-01 soft targets, step 3
    3.748602674e+00 -1.830817704e+00 masked language, step 3
    8.427328332e-01 -4.115907512e-01 cosine, step 3
    8.664159469e+00 -4.231575849e+00 gradient norm, step 3
    8.379528328e-01 -4.092561988e-01 soft targets, step 4
    3.004548683e+00 -1.467421703e+00 masked language, step 4
    8.330531580e-01 -4.068631974e-01 cosine, step 4
    7.295726233e+00 -3.563232999e+00 gradient norm, step 4
    """
}
