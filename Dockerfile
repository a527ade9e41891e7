# The software of this workflow from its lock; the workflow itself and its results are mounted:
#   docker build --tag fall-background-subtraction .
#   docker run --rm --user "$(id -u):$(id -g)" --env HOME=/tmp --volume "$PWD:/workflow" fall-background-subtraction
FROM python:3.11-slim
COPY requirements.txt /requirements.txt
RUN python -m pip install --no-cache-dir --require-hashes --requirement /requirements.txt
WORKDIR /workflow
CMD ["snakemake"]
