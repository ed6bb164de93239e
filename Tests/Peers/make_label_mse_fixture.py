"""label_mse.h5: the squared error of a regression, as BertForSequenceClassification has it.

/<case>   output [N,1], label [N] float32; computed in float64: loss = nn.MSELoss of output.squeeze()
          and label.squeeze(), and output_gradient [N,1]
"""

import torch

from fixture_file import FixtureFile, destination

SEED = 20241128
CASES = {"one": 1, "seven": 7, "thirty_three": 33}


def main():
    generator = torch.Generator().manual_seed(SEED)
    with FixtureFile(destination(), SEED) as fixture:
        for name, count in CASES.items():
            output = torch.randn(count, 1, generator=generator) * 3
            label = torch.rand(count, generator=generator) * 5
            leaf = output.double().requires_grad_()
            loss = torch.nn.MSELoss()(leaf.squeeze(), label.double().squeeze())
            loss.backward()
            fixture.put_all(name, output=output, label=label, output_gradient=leaf.grad)
            fixture.attributes(name, loss=loss.item())


main()
